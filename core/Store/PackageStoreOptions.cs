using Weft.Core.Apps;
using Weft.Core.Folders;

namespace Weft.Core.Store;

/// <summary>Where a store's parts lie; all paths absolute (docs/packages.md, spec of the folders in docs/architecture.md).</summary>
public sealed record PackageStoreOptions
{
    /// <summary>The machine's packages, only read; null where there is none (<c>WEFT_APP_STORE</c> replaces both by one).</summary>
    public string? SystemStore { get; init; }

    /// <summary>The store that install, rollback and uninstall change. Made (0700) where it is missing.</summary>
    public required string UserStore { get; init; }

    /// <summary>Owners and approvals are kept here.</summary>
    public required string StateRoot { get; init; }

    /// <summary>The folder with one folder of data per app.</summary>
    public required string AppData { get; init; }

    /// <summary>Folders of <c>*.pub</c> files; missing ones hold no key.</summary>
    public required IReadOnlyList<string> TrustedKeyFolders { get; init; }

    /// <summary>The machine's policy for kiosks that nobody attends: what a package declares is approved.</summary>
    public bool ApproveAll { get; init; }

    /// <summary>The most a manifest may ask for; null where that is not checked.</summary>
    public MachineLimits? Machine { get; init; }

    /// <summary>How long an install waits for another process's to end.</summary>
    public TimeSpan LockPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The stores and folders of this process's environment.</summary>
    public static PackageStoreOptions From(WeftPaths paths) => new()
    {
        SystemStore = paths.AppStores.FirstOrDefault(static s => s.IsSystem)?.Path,
        UserStore = paths.UserStore,
        StateRoot = paths.StateRoot,
        AppData = Path.GetDirectoryName(paths.AppData(AppId.Parse("a.b.c")))!,
        TrustedKeyFolders = paths.TrustedKeyFolders,
    };
}
