using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

public sealed partial class PackageStore
{
    private const int HoldTries = 100;

    /// <summary>
    /// The package that the id means now, checked: content, signature and owner. Whether it is approved is told by
    /// <see cref="InstalledPackage.NeedsApproval"/>. Nothing is read or hashed again that did not change.
    /// </summary>
    /// <exception cref="PackageException">It is not installed, not trusted, another publisher's, or no package.</exception>
    public InstalledPackage Resolve(AppId app)
    {
        using Held held = Hold(app) ?? throw NotInstalled(app);
        return Refuse(Describe(held.Found, held.Folder));
    }

    /// <summary>
    /// As <see cref="Resolve"/>, for a launch: data of an older layout is moved first, capabilities must be approved, the first
    /// publisher becomes the owner, and the revision is locked.
    /// </summary>
    /// <exception cref="PackageException">It may not be launched; the message says why and what to do.</exception>
    public PackageLease OpenForLaunch(AppId app)
    {
        MoveOldData(app);
        using Held held = Hold(app) ?? throw NotInstalled(app);
        InstalledPackage package = Refuse(Describe(held.Found, held.Folder));
        if (package.NeedsApproval.Count > 0)
        {
            throw NotApproved(package);
        }

        if (package is { Trusted: true, Publisher: { } publisher } && Owners.Of(app) is null)
        {
            Owners.RecordFirst(app, publisher);
        }

        return new PackageLease(package, held.TakeFolder());
    }

    /// <summary>Everything that is installed, launchable or not. The system's package wins where an id is in both stores, and that is said.</summary>
    public StoreListing List()
    {
        SortedDictionary<AppId, InstalledPackage> packages = [];
        List<StoreProblem> problems = [];
        foreach (AppId app in AllIds())
        {
            try
            {
                using Held? held = Hold(app);
                if (held is null)
                {
                    continue;
                }

                if (held.Found.Shadowed is { } other)
                {
                    problems.Add(new StoreProblem(app, $"{app} is in the system's store {held.Found.Store.Path} and in {other}: the system's is used; `weft uninstall {app}` removes the other"));
                }

                VerifiedPackages.Described described = Describe(held.Found, held.Folder);
                packages[app] = described.Verdict.Refusal is { } refusal ? described.Package with { Problem = refusal.Message }
                    : described.Package.NeedsApproval.Count > 0 ? described.Package with { Problem = NotApproved(described.Package).Message }
                    : described.Package;
            }
            catch (Exception e) when (e is PackageException or LinuxException)
            {
                problems.Add(new StoreProblem(app, e.Message));
            }
        }

        return new StoreListing([.. packages.Values], problems);
    }

    private SortedSet<AppId> AllIds()
    {
        SortedSet<AppId> ids = [];
        foreach (StoreFolder? store in (ReadOnlySpan<StoreFolder?>)[_system, _user])
        {
            using Descriptor? opened = store?.TryOpen();
            if (opened is not null)
            {
                ids.UnionWith(StoreFolder.Ids(opened));
            }
        }

        return ids;
    }

    /// <summary>Where the id is installed: in the system's store, else in the user's.</summary>
    private Found? Find(AppId app)
    {
        Descriptor? system = null;
        Descriptor? user = null;
        try
        {
            system = _system?.TryOpen();
            user = _user.TryOpen();
            StorePlace? first = system is null ? null : _system!.Locate(system, app);
            StorePlace? second = user is null || (first is not null && Linux.Folders.TryStat(user, app.Value) is null) ? null : LocateOwn(user, app, first is not null);
            if (first is not null)
            {
                Found result = new(app, _system!, system!, first.Value, second is null ? null : _user.Path);
                system = null;
                return result;
            }

            if (second is not null)
            {
                Found result = new(app, _user, user!, second.Value, null);
                user = null;
                return result;
            }

            return null;
        }
        finally
        {
            system?.Dispose();
            user?.Dispose();
        }
    }

    // What is broken in the user's store must not hinder the system's package of that id.
    private StorePlace? LocateOwn(Descriptor user, AppId app, bool shadowed)
    {
        try
        {
            return _user.Locate(user, app) switch
            {
                // Left of an older layout's data, after its package went.
                { Revision: null } when Linux.Folders.TryStat(user, $"{app.Value}/{Manifest.FileName}") is null => null,
                { } place => place,
                null => null,
            };
        }
        catch (PackageException) when (shadowed)
        {
            return new StorePlace(app.Value, null);
        }
    }

    /// <summary>
    /// Finds the id and locks its revision, so that it is not collected while it is looked at or run; null where it is not installed. What
    /// is replaced and collected between finding and locking is looked for once more.
    /// </summary>
    private Held? Hold(AppId app)
    {
        for (int i = 0; i < HoldTries; i++)
        {
            Found? found = Find(app);
            if (found is null)
            {
                return null;
            }

            Descriptor? folder = null;
            try
            {
                folder = TryOpen(found);
                if (folder is not null && TryHold(found, folder))
                {
                    Held held = new(found, folder);
                    found = null;
                    folder = null;
                    return held;
                }
            }
            finally
            {
                folder?.Dispose();
                found?.Dispose();
            }
        }

        throw new PackageException(PackageFault.Busy, $"{app} is being changed again and again: try again");
    }

    /// <summary>Null where the place is no longer what the id means.</summary>
    private static Descriptor? TryOpen(Found found)
    {
        try
        {
            return Files.OpenBeneath(found.Folder, found.Place.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return found.Store.Locate(found.Folder, found.App) == found.Place
                ? throw new PackageException(PackageFault.Invalid, $"{found.Store.Path}/{found.App} leads to a revision that is gone: install the app again", e)
                : null;
        }
    }

    /// <summary>False where the revision is being collected or already is.</summary>
    private static bool TryHold(Found found, Descriptor folder) =>
        Linux.Folders.TryLockShared(folder)
        && Linux.Folders.TryStat(found.Folder, found.Place.Path) is { } named && named.Inode == Files.Stat(folder).Inode;

    private VerifiedPackages.Described Describe(Found found, Descriptor folder)
    {
        (RevisionRecord? record, RevisionRecord? before) = found.Store.RecordOf(found.App, found.Place.Revision);
        bool development = record?.Development == true;
        string? rollbackTo = found.Store.IsSystem ? null : before?.Version;
        TrustedKeys keys = _keys.Current();
        VerifiedPackages.Entry entry = _verified.Get(found.App, found.Store.IsSystem, folder, root => Read(found, root, keys));
        PublisherKey? owner = Owners.Of(found.App);
        CapabilitySet approved = Approvals.Of(found.App);
        if (entry.Last is { } last && last.Keys == keys && last.Owner == owner && last.Development == development && last.RollbackTo == rollbackTo && last.Approved == approved && last.Folder == found.Place.Path)
        {
            return last;
        }

        CheckedPackage package = entry.Package;
        TrustVerdict verdict = TrustVerdict.Judge(package, development, keys, Owners, _keys);
        InstalledPackage installed = new()
        {
            AppId = found.App,
            Manifest = package.Manifest,
            RevisionFolder = Path.Combine(found.Store.Path, found.Place.Path),
            Digest = package.Digest,
            Source = development ? PackageSource.Development : PackageSource.Directory,
            Trusted = verdict is { Trusted: true, Refusal: null },
            Publisher = verdict.Publisher,
            NeedsApproval = _options.ApproveAll ? CapabilitySet.Empty : package.Manifest.Capabilities.Beyond(approved),
            ModuleSha256 = package.Tree.Find(package.Manifest.Module)!.Sha256,
            FromSystemStore = found.Store.IsSystem,
            RollbackTo = rollbackTo,
        };
        return entry.Last = new VerifiedPackages.Described(keys, owner, development, rollbackTo, approved, found.Place.Path, verdict, installed);
    }

    private CheckedPackage Read(Found found, Descriptor root, TrustedKeys keys)
    {
        string name = $"{found.Store.Path}/{found.Place.Path}";
        CheckedPackage package = found.Place.Revision is null ? ReadPlain(root, name, keys) : CheckedPackage.Read(root, name, _options.Machine);
        if (package.Manifest.Id != found.App)
        {
            throw new PackageException(PackageFault.Invalid, $"{name} holds the package {package.Manifest.Id}: a folder has the name of its package's id");
        }

        return found.Place.Revision is { } revision && !revision.StartsWith(package.Digest.Hex, StringComparison.Ordinal)
            ? throw new PackageException(PackageFault.Untrusted, $"the files of {found.App} in {name} were changed after it was installed: install it again")
            : package;
    }

    /// <summary>In a plain folder the older layout keeps the app's data beside the package's files; a package may have a folder of that name itself.</summary>
    private CheckedPackage ReadPlain(Descriptor root, string name, TrustedKeys keys)
    {
        CheckedPackage package = CheckedPackage.Read(root, name, _options.Machine, OldData);
        if (Linux.Folders.TryStat(root, OldData) is null || keys.Verify(package.Digest, package.Signature) is not null)
        {
            return package;
        }

        CheckedPackage whole = CheckedPackage.Read(root, name, _options.Machine);
        return keys.Verify(whole.Digest, whole.Signature) is not null ? whole : package;
    }

    private static InstalledPackage Refuse(VerifiedPackages.Described described) =>
        described.Verdict.Refusal is { } refusal ? throw new PackageException(refusal.Fault, refusal.Message) : described.Package;

    private static PackageException NotInstalled(AppId app) =>
        new(PackageFault.NotFound, $"{app} is not installed: `weft apps` lists what is, `weft install` adds to it");

    private static PackageException NotApproved(InstalledPackage package) =>
        new(PackageFault.NeedsApproval, $"{package.AppId} {package.Manifest.Version} asks for {package.NeedsApproval}, which nobody has approved: `weft approve {package.AppId}` does");

    /// <summary>An id in a store. Owns the open store.</summary>
    private sealed record Found(AppId App, StoreFolder Store, Descriptor Folder, StorePlace Place, string? Shadowed) : IDisposable
    {
        public void Dispose() => Folder.Dispose();
    }

    /// <summary>A package's folder, open and locked against being collected.</summary>
    private sealed class Held(Found found, Descriptor folder) : IDisposable
    {
        private bool _taken;

        public Found Found => found;

        public Descriptor Folder => folder;

        /// <summary>Gives the folder and its lock away.</summary>
        public Descriptor TakeFolder()
        {
            _taken = true;
            return folder;
        }

        public void Dispose()
        {
            found.Dispose();
            if (!_taken)
            {
                folder.Dispose();
            }
        }
    }
}
