using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Core.Store;

public sealed partial class PackageStore
{
    /// <summary>
    /// Takes an app out of the user's store. Its data stays unless <paramref name="purgeData"/>; its owner stays recorded in any case, its
    /// approvals go. Revisions that sessions run are collected later.
    /// </summary>
    public async Task UninstallAsync(AppId app, bool purgeData, CancellationToken cancellationToken)
    {
        using Change change = await BeginAsync(cancellationToken);
        StorePlace? place = _user.Locate(change.Store, app);
        if (place is null)
        {
            RefuseSystemId(app);
            if (!purgeData || Files.TryStat(Path.Combine(_options.AppData, app.Value), followLink: false) is null)
            {
                throw NotInstalled(app);
            }
        }
        else if (place is { Revision: null })
        {
            if (!purgeData)
            {
                MoveOldData(app, change.Store);
            }

            using StagingFolder staging = StagingFolder.Make(change.Store);
            Linux.Folders.Rename(change.Store, app.Value, staging.Folder, "old");
        }
        else
        {
            Files.Unlink(change.Store, app.Value);
        }

        Files.Sync(change.Store);
        _verified.Forget(app);
        Approvals.Forget(app);
        Collect(change.Store, app);
        if (purgeData)
        {
            Purge(app);
        }
    }

    /// <summary>Makes the revision before the active one active again; sessions keep what they run.</summary>
    public async Task<InstalledPackage> RollbackAsync(AppId app, CancellationToken cancellationToken)
    {
        using Change change = await BeginAsync(cancellationToken);
        StorePlace? place = _user.Locate(change.Store, app);
        if (place is null)
        {
            RefuseSystemId(app);
            throw NotInstalled(app);
        }

        RevisionRecord target = _user.RecordOf(app, place.Value.Revision).Before
            ?? throw new PackageException(PackageFault.NotFound, $"no older revision of {app} is kept: install the version that is wanted");
        using (Found found = new(app, _user, change.Store.Duplicate(), new StorePlace($"{StoreFolder.RevisionsOf(app)}/{target.Name}", target.Name), null))
        {
            // What is gone, damaged or no longer trusted must not become active.
            using Descriptor folder = TryOpen(found) ?? throw NotInstalled(app);
            Refuse(Describe(found, folder));
        }

        using (StagingFolder staging = StagingFolder.Make(change.Store))
        {
            Link(change.Store, staging.Folder, app, target.Name);
        }

        _verified.Forget(app);
        Collect(change.Store, app);
        return Resolve(app);
    }

    /// <summary>Approves what the app's active revision declares; returns what nobody had approved before.</summary>
    public CapabilitySet Approve(AppId app) => Approvals.Add(app, Resolve(app).Manifest.Capabilities);

    /// <summary>Removes revisions that are neither active, nor the one to roll back to, nor run by a session. Does nothing while another process changes the store.</summary>
    public async Task CollectAsync(CancellationToken cancellationToken)
    {
        using Descriptor? store = _user.TryOpen();
        if (store is null)
        {
            return;
        }

        try
        {
            using Change change = await BeginAsync(cancellationToken);
            if (Linux.Folders.TryStat(change.Store, StoreFolder.Revisions) is null)
            {
                return;
            }

            using Descriptor all = Linux.Folders.Open(change.Store, StoreFolder.Revisions);
            foreach (AppId app in StoreFolder.Ids(all))
            {
                Collect(change.Store, app);
            }
        }
        catch (PackageException e) when (e.Fault == PackageFault.Busy)
        {
        }
    }

    private void Collect(Descriptor store, AppId app)
    {
        using Descriptor? all = TryOpenFolder(store, StoreFolder.Revisions);
        using Descriptor? revisions = all is null ? null : TryOpenFolder(all, app.Value);
        if (revisions is null)
        {
            return;
        }

        IReadOnlyList<RevisionRecord> history = _user.Record(app);
        StorePlace? place = _user.Locate(store, app);
        HashSet<string> kept = [];
        if (place?.Revision is { } current)
        {
            kept.Add(current);
            if (_user.RecordOf(app, current).Before is { } before)
            {
                kept.Add(before.Name);
            }
        }

        bool busy = false;
        foreach (string name in Linux.Folders.List(revisions))
        {
            if (StoreFolder.IsRevisionName(name) && !kept.Contains(name) && !TryRemove(store, revisions, name))
            {
                kept.Add(name);
                busy = true;
            }
        }

        if (place?.Revision is null && !busy)
        {
            Linux.Folders.RemoveTree(all!, app.Value);
        }
        else if (history.Any(r => !kept.Contains(r.Name)))
        {
            _user.WriteRecord(app, [.. history.Where(r => kept.Contains(r.Name))]);
        }
    }

    /// <summary>False where a session runs it.</summary>
    private static bool TryRemove(Descriptor store, Descriptor revisions, string name)
    {
        using Descriptor folder = Linux.Folders.Open(revisions, name);
        if (!Linux.Folders.TryLockExclusive(folder))
        {
            return false;
        }

        // Out of sight in one step, so that a launch that found its name before finds it whole or not at all. Renaming a folder needs the
        // right to write to it.
        Files.SetMode(folder, PrivateMode);
        using StagingFolder staging = StagingFolder.Make(store);
        Linux.Folders.Rename(revisions, name, staging.Folder, name);
        return true;
    }

    private void Purge(AppId app)
    {
        try
        {
            using Descriptor data = Files.Open(_options.AppData, OpenFlags.ReadOnly | OpenFlags.Directory);
            Linux.Folders.RemoveTree(data, app.Value);
            Files.Sync(data);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
        }
    }

    private static Descriptor? TryOpenFolder(Descriptor parent, string name) =>
        Linux.Folders.TryStat(parent, name) is { Type: FileType.Directory } ? Linux.Folders.Open(parent, name) : null;
}
