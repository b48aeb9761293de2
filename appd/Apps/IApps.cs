using Weft.Appd.Control;
using Weft.Core.Protocol;

namespace Weft.Appd.Apps;

/// <summary>What requests need of the installed apps. <see cref="Catalogue"/> is the real one; tests script another.</summary>
internal interface IApps
{
    /// <summary>The apps as last looked at; touches no disk. The caller holds the gate.</summary>
    public IReadOnlyList<AppInfo> Known();

    /// <summary>Looks whether the stores have changed behind the daemon's back, and tells clients if so.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Installs a package. 400, 403, 404, 409, 413.</summary>
    public Task<AppsChanged> InstallAsync(string reference, bool development, bool approve, Action<ulong, ulong, string> progress, CancellationToken cancellationToken);

    /// <summary>Removes an app; its data only where asked. 404, 409.</summary>
    public Task<AppsChanged> UninstallAsync(string appId, bool purgeData, Action<ulong, ulong, string> progress, CancellationToken cancellationToken);

    /// <summary>Back to the revision before. 404, 409.</summary>
    public Task<AppsChanged> RollbackAsync(string appId, CancellationToken cancellationToken);

    /// <summary>Approves what the active revision declares. 404.</summary>
    public Task<AppsChanged> ApproveAsync(string appId, CancellationToken cancellationToken);
}
