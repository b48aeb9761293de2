using System.Security.Cryptography;
using Weft.Core.Apps;
using Weft.Core.Archives;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

public sealed partial class PackageStore
{
    private const int RevisionFolderMode = 0x1ED; // 0755
    private const string NewLink = "link";

    /// <summary>
    /// Installs a package: copied into a staging folder, that copy checked and verified, flushed, and made the id's active revision by one
    /// rename. What was active stays for <see cref="RollbackAsync"/> and for sessions that run it. The file work is done on the calling thread.
    /// </summary>
    /// <exception cref="PackageException">It is refused; the store is as before.</exception>
    public async Task<InstallResult> InstallAsync(InstallRequest request, CancellationToken cancellationToken)
    {
        using Descriptor source = OpenSource(request.Path);
        using Change change = await BeginAsync(cancellationToken);
        using StagingFolder staging = StagingFolder.Make(change.Store);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Path)));
        AppId? archived = Fill(staging, source, request, change, cancellationToken);
        CheckedPackage package = CheckedPackage.Read(staging.Package, name, _options.Machine);
        AppId app = package.Manifest.Id;
        if (archived is { } root && root != app)
        {
            throw new PackageException(PackageFault.Invalid, $"{name} has the root folder {root} and the package {app} in it: they must be the same");
        }

        RefuseSystemId(app);
        TrustVerdict verdict = TrustVerdict.Judge(package, request.Development, _keys.Current(), Owners, _keys);
        if (verdict.Refusal is { } refusal)
        {
            throw refusal;
        }

        if (request.Compile is { } compile)
        {
            request.Progress?.Invoke("compiling", 0, 0);
            using Descriptor module = Files.OpenBeneath(staging.Package, package.Manifest.Module, OpenFlags.ReadOnly);
            string? notCompiled = await compile(new StagedModule(module, package.Tree.Find(package.Manifest.Module)!.Sha256, package.Manifest), cancellationToken);
            if (notCompiled is not null)
            {
                request.Progress?.Invoke("not compiled ahead: " + notCompiled, 0, 0);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        request.Progress?.Invoke("activating", 0, 0);
        string? previous = Activate(change.Store, staging, package, request.Development);
        if (verdict is { Trusted: true, Publisher: { } publisher })
        {
            Owners.RecordFirst(app, publisher);
        }

        if (request.Approve)
        {
            Approvals.Add(app, package.Manifest.Capabilities);
        }

        Collect(change.Store, app);
        return new InstallResult(Resolve(app), previous);
    }

    private static Descriptor OpenSource(string path)
    {
        Descriptor source;
        try
        {
            source = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new PackageException(PackageFault.NotFound, $"there is no package {path}: name a package's folder or a .wapp archive", e);
        }

        if (Files.Stat(source).Type is FileType.Directory or FileType.Regular)
        {
            return source;
        }

        source.Dispose();
        throw new PackageException(PackageFault.Invalid, $"{path} is neither a folder nor a file: name a package's folder or a .wapp archive");
    }

    /// <summary>Copies or unpacks; returns the id an archive says it has.</summary>
    private static AppId? Fill(StagingFolder staging, Descriptor source, InstallRequest request, Change change, CancellationToken cancellationToken)
    {
        FileFacts facts = Files.Stat(source);
        if (facts.Type == FileType.Directory)
        {
            staging.Copy(source, IsInStore(source, change.Store) ? OldData : null, done => request.Progress?.Invoke("copying", done, 0), cancellationToken);
            return null;
        }

        return PackageArchive.Unpack(source, staging.Package, done => request.Progress?.Invoke("unpacking", done, facts.Size), cancellationToken);
    }

    // Installing a plain folder of the store itself: the app's data in it is no content.
    private static bool IsInStore(Descriptor source, Descriptor store)
    {
        FileFacts here = Files.Stat(store);
        return Linux.Folders.TryStat(source, "..") is { } parent && parent.Inode == here.Inode && parent.Device == here.Device;
    }

    private void RefuseSystemId(AppId app)
    {
        using Descriptor? system = _system?.TryOpen();
        if (system is not null && _system!.Locate(system, app) is not null)
        {
            throw new PackageException(PackageFault.Conflict, $"{app} belongs to the system's store {_system.Path}: the machine's administrator updates it there");
        }
    }

    /// <summary>Makes the staged package a revision and the active one. Returns the version that was active.</summary>
    private string? Activate(Descriptor store, StagingFolder staging, CheckedPackage package, bool development)
    {
        AppId app = package.Manifest.Id;
        using Descriptor all = Linux.Folders.OpenOrMake(store, StoreFolder.Revisions, RevisionFolderMode);
        using Descriptor revisions = Linux.Folders.OpenOrMake(all, app.Value, RevisionFolderMode);
        staging.Seal(package.Tree);
        string name = Place(staging, revisions, package);
        Files.Sync(revisions);
        Files.Sync(all);

        // A plain folder in the link's place is not lost: it becomes the revision before this one.
        StorePlace? before = _user.Locate(store, app);
        List<RevisionRecord> history = [.. _user.Record(app)];
        string? previous = before is { Revision: { } active } ? history.Find(r => r.Name == active)?.Version : null;
        if (before is null)
        {
            // What sessions still run of an uninstalled app is nothing to go back to.
            history.Clear();
        }
        else if (before is { Revision: { } current })
        {
            // After a rollback, what was rolled back from is no longer before anything.
            int at = history.FindIndex(r => r.Name == current);
            history.RemoveRange(at + 1, history.Count - at - 1);
        }

        (string Folder, RevisionRecord Record)? plain = before is { Revision: null } ? AdoptPlain(store, app) : null;
        if (plain is { } adopted)
        {
            history.RemoveAll(r => r.Name == adopted.Record.Name);
            history.Add(adopted.Record);
            previous = adopted.Record.Version;
        }

        history.RemoveAll(r => r.Name == name);
        history.Add(new RevisionRecord
        {
            Name = name,
            Development = development,
            Version = package.Manifest.Version.ToString(),
            InstalledAt = _time.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        _user.WriteRecord(app, history);
        _verified.Forget(app);
        Link(store, staging.Folder, app, name);
        if (plain is { } old)
        {
            Linux.Folders.TryRename(staging.Folder, NewLink, revisions, old.Record.Name);
            Files.Sync(revisions);
        }

        return previous;
    }

    /// <summary>Moves the staged package to its place among the revisions, or finds it there already. Returns its name.</summary>
    private static string Place(StagingFolder staging, Descriptor revisions, CheckedPackage package)
    {
        string digest = package.Digest.Hex;
        foreach (string there in Linux.Folders.List(revisions))
        {
            if (there.StartsWith(digest, StringComparison.Ordinal) && IsThere(revisions, there, package))
            {
                return there;
            }
        }

        // Taken only by the same content that is signed otherwise, or that somebody damaged.
        string name = digest;
        while (!Linux.Folders.TryRename(staging.Folder, StagingFolder.PackageName, revisions, name))
        {
            name = $"{digest}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        }

        StagingFolder.SealRoot(staging.Package);
        return name;
    }

    private static bool IsThere(Descriptor revisions, string name, CheckedPackage package)
    {
        try
        {
            using Descriptor folder = Linux.Folders.Open(revisions, name);
            CheckedPackage there = CheckedPackage.Read(folder, name, null);
            StagingFolder.SealRoot(folder);
            return there.Digest == package.Digest
                && (there.Signature is null ? package.Signature is null : package.Signature is { } signature && signature.Bytes.SequenceEqual(there.Signature.Bytes));
        }
        catch (Exception e) when (e is PackageException or LinuxException)
        {
            return false;
        }
    }

    /// <summary>The one step after which the new revision is active.</summary>
    private static void Link(Descriptor store, Descriptor staging, AppId app, string revision)
    {
        Linux.Folders.Link(staging, NewLink, $"{StoreFolder.RevisionsOf(app)}/{revision}");
        if (Linux.Folders.TryStat(store, app.Value) is { Type: FileType.Directory })
        {
            Linux.Folders.Exchange(staging, NewLink, store, app.Value);
        }
        else
        {
            Linux.Folders.Rename(staging, NewLink, store, app.Value);
        }

        Files.Sync(store);
    }

    /// <summary>What is to be recorded of the plain folder in the link's place; null where it is no package. Its data moves out first.</summary>
    private (string Folder, RevisionRecord Record)? AdoptPlain(Descriptor store, AppId app)
    {
        MoveOldData(app, store);
        try
        {
            using Descriptor folder = Linux.Folders.Open(store, app.Value);
            CheckedPackage package = CheckedPackage.Read(folder, app.Value, null);
            return package.Manifest.Id == app
                ? (app.Value, new RevisionRecord { Name = package.Digest.Hex, Version = package.Manifest.Version.ToString(), InstalledAt = _time.GetUtcNow().ToUnixTimeMilliseconds() })
                : null;
        }
        catch (PackageException)
        {
            return null;
        }
    }
}
