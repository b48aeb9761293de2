using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Tests.Control;

/// <summary>A catalogue without a store.</summary>
internal sealed class ScriptedApps : IApps
{
    /// <summary>What an install waits for.</summary>
    public Func<Task> Installing { get; set; } = () => Task.CompletedTask;

    /// <summary>What is installed.</summary>
    public IReadOnlyList<AppInfo> Installed { get; set; } = [];

    public IReadOnlyList<AppInfo> Known() => Installed;

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<AppsChanged> InstallAsync(string reference, bool development, bool approve, Action<ulong, ulong, string> progress, CancellationToken cancellationToken)
    {
        progress(0, 2, "copying");
        await Installing();
        progress(2, 2, "done");
        return new AppsChanged { AppId = "com.example.new", Version = "1.0.0" };
    }

    public Task<AppsChanged> UninstallAsync(string appId, bool purgeData, Action<ulong, ulong, string> progress, CancellationToken cancellationToken) =>
        throw new ControlException(ControlCode.NotFound, $"UNINSTALL: {appId} is not installed");

    public Task<AppsChanged> RollbackAsync(string appId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AppsChanged> ApproveAsync(string appId, CancellationToken cancellationToken) => Task.FromResult(new AppsChanged { AppId = appId });
}
