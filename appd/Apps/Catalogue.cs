using Weft.Appd.Control;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Appd.Apps;

/// <summary>
/// The installed apps as clients see them: the package stores, their answers as the protocol's codes, and every change told
/// to all. Changes go one after another; a look at the stores never waits for one.
/// </summary>
internal sealed class Catalogue(PackageStore store, Announcements announcements, Func<StagedModule, CancellationToken, Task<string?>>? compileAhead) : IApps
{
    private readonly Lock _looking = new();
    private readonly Lock _joining = new();
    private Task? _next; // guarded by _joining: a look that has not begun
    private IReadOnlyList<AppInfo> _known = []; // guarded by Announcements.Gate

    /// <summary>The package that an id means now, held for a launch: checked, approved, its revision locked. 400, 403, 404, 409.</summary>
    public PackageLease OpenForLaunch(AppId app)
    {
        try
        {
            return store.OpenForLaunch(app);
        }
        catch (PackageException e)
        {
            throw Refusal($"launch {app}", e);
        }
    }

    public IReadOnlyList<AppInfo> Known() => _known;

    /// <summary>However many ask: one look is under way and one waits, which begins when all who share it have asked.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken)
    {
        lock (_joining)
        {
            _next ??= Task.Run(LookNext, CancellationToken.None);
            return _next.WaitAsync(cancellationToken);
        }
    }

    public async Task<AppsChanged> InstallAsync(string reference, bool development, bool approve, Action<ulong, ulong, string> progress, CancellationToken cancellationToken)
    {
        if (!Path.IsPathRooted(reference))
        {
            throw new ControlException(ControlCode.Malformed, $"INSTALL {reference}: the path is relative, and the daemon's folder is not yours; give the whole path");
        }

        return await ChangeAsync($"INSTALL {reference}", async () =>
        {
            InstallResult result = await store.InstallAsync(
                new InstallRequest
                {
                    Path = reference,
                    Development = development,
                    Approve = approve,
                    Compile = compileAhead,
                    Progress = (what, done, total) => progress((ulong)Math.Max(0, done), (ulong)Math.Max(0, total), what),
                },
                cancellationToken);
            return new AppsChanged { AppId = result.Package.AppId.Value, Version = result.Package.Manifest.Version.ToString() };
        });
    }

    public Task<AppsChanged> UninstallAsync(string appId, bool purgeData, Action<ulong, ulong, string> progress, CancellationToken cancellationToken)
    {
        AppId app = Id("UNINSTALL", appId);
        return ChangeAsync($"UNINSTALL {appId}", async () =>
        {
            await store.UninstallAsync(app, purgeData, cancellationToken);
            return new AppsChanged { AppId = appId };
        });
    }

    public Task<AppsChanged> RollbackAsync(string appId, CancellationToken cancellationToken)
    {
        AppId app = Id("ROLLBACK", appId);
        return ChangeAsync($"ROLLBACK {appId}", async () =>
        {
            InstalledPackage package = await store.RollbackAsync(app, cancellationToken);
            return new AppsChanged { AppId = appId, Version = package.Manifest.Version.ToString() };
        });
    }

    public Task<AppsChanged> ApproveAsync(string appId, CancellationToken cancellationToken)
    {
        AppId app = Id("APPROVE", appId);
        return ChangeAsync($"APPROVE {appId}", () =>
        {
            store.Approve(app);
            return Task.FromResult(new AppsChanged { AppId = appId, Version = store.Resolve(app).Manifest.Version.ToString() });
        });
    }

    /// <summary>What the launcher's picture of an app is read from; null where the package has none. 404.</summary>
    public (Descriptor File, string Path)? OpenIcon(AppId app)
    {
        try
        {
            InstalledPackage package = store.Resolve(app);
            if (package.Manifest.Icon is not { } icon)
            {
                return null;
            }

            using Descriptor folder = Files.Open(package.RevisionFolder, OpenFlags.ReadOnly | OpenFlags.Directory);
            return (Files.OpenBeneath(folder, icon, OpenFlags.ReadOnly | OpenFlags.NonBlocking), icon);
        }
        catch (PackageException e)
        {
            throw Refusal($"icon of {app}", e);
        }
    }

    private static AppId Id(string operation, string text) => AppId.TryParse(text, out AppId app)
        ? app
        : throw new ControlException(ControlCode.Malformed, $"{operation}: '{Printable.Quote(text)}' is no app id; it has {AppId.Rule}");

    private static ControlException Refusal(string operation, PackageException e) => new(e.Code, $"{operation}: {e.Message}", e);

    private async Task<AppsChanged> ChangeAsync(string operation, Func<Task<AppsChanged>> change)
    {
        AppsChanged? changed = null;
        try
        {
            // The store works on the calling thread, and that thread is a connection's.
            return changed = await Task.Run(change);
        }
        catch (PackageException e)
        {
            throw Refusal(operation, e);
        }
        finally
        {
            // Where it failed too: a disk that is full after the one step that counts undoes nothing.
            Look(changed);
        }
    }

    private void LookNext()
    {
        lock (_looking)
        {
            lock (_joining)
            {
                _next = null;
            }

            Look(told: null);
        }
    }

    /// <summary>Looks at the stores and tells what is different; <paramref name="told"/> is told even where it looks the same.</summary>
    private void Look(AppsChanged? told)
    {
        lock (_looking)
        {
            IReadOnlyList<AppInfo> now = [.. store.List().Packages.Select(Describe)];
            lock (announcements.Gate)
            {
                IReadOnlyList<AppInfo> before = _known;
                _known = now;
                foreach (string app in Differences(before, now))
                {
                    if (app != told?.AppId)
                    {
                        announcements.Publish(new AppsChanged { AppId = app, Version = now.FirstOrDefault(info => info.AppId == app)?.Version });
                    }
                }

                if (told is not null)
                {
                    announcements.Publish(told);
                }
            }
        }
    }

    private static IEnumerable<string> Differences(IReadOnlyList<AppInfo> before, IReadOnlyList<AppInfo> now)
    {
        Dictionary<string, AppInfo> old = before.ToDictionary(info => info.AppId);
        foreach (AppInfo info in now)
        {
            if (!old.Remove(info.AppId, out AppInfo? same) || !Same(same, info))
            {
                yield return info.AppId;
            }
        }

        foreach (string gone in old.Keys)
        {
            yield return gone;
        }
    }

    // Lists are compared by content; the icon's address holds the content digest.
    private static bool Same(AppInfo a, AppInfo b) =>
        a with { Capabilities = b.Capabilities, Unapproved = b.Unapproved, Backends = b.Backends } == b
        && a.Capabilities.SequenceEqual(b.Capabilities) && (a.Unapproved ?? []).SequenceEqual(b.Unapproved ?? []);

    private static AppInfo Describe(InstalledPackage package) => new()
    {
        AppId = package.AppId.Value,
        Name = package.Manifest.Name,
        Version = package.Manifest.Version.ToString(),
        Description = package.Manifest.Description.Length > 0 ? package.Manifest.Description : null,
        IconUrl = package.Manifest.Icon is null ? null : $"/icons/{package.AppId.Value}/{package.Digest.Hex[..16]}",
        Capabilities = package.Manifest.Capabilities.Texts(),
        Single = package.Manifest.Single,
        Source = package.Source switch
        {
            PackageSource.Image => AppSource.Image,
            PackageSource.Development => AppSource.Development,
            _ => AppSource.Directory,
        },
        Trusted = package.Trusted,
        Backends = ["host"],
        NeedsApproval = package.NeedsApproval.Count > 0 ? true : null,
        Unapproved = package.NeedsApproval.Count > 0 ? package.NeedsApproval.Texts() : null,
        RollbackTo = package.RollbackTo,
    };
}
