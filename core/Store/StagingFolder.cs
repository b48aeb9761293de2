using System.Buffers;
using System.Security.Cryptography;
using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// A private folder (0700, a random name) of the store in which a package is put together before anybody sees it. Disposing removes it
/// with whatever is left in it.
/// </summary>
internal sealed class StagingFolder : IDisposable
{
    /// <summary>The package's root inside the staging folder.</summary>
    public const string PackageName = "package";

    private const int Private = 0x1C0;     // 0700
    private const int FileMode = 0x124;    // 0444
    private const int FolderMode = 0x16D;  // 0555
    private const int BufferLength = 128 * 1024;

    private readonly Descriptor _parent;
    private readonly string _name;

    private StagingFolder(Descriptor parent, string name)
    {
        _parent = parent;
        _name = name;
        Linux.Folders.Make(parent, name, Private);
        Folder = Linux.Folders.Open(parent, name);
        Package = Linux.Folders.OpenOrMake(Folder, PackageName, Private);
    }

    public Descriptor Folder { get; }

    /// <summary>The package's root, made empty.</summary>
    public Descriptor Package { get; }

    /// <param name="store">The open store, whose lock is held.</param>
    public static StagingFolder Make(Descriptor store)
    {
        Descriptor parent = Linux.Folders.OpenOrMake(store, StoreFolder.Staging, Private);
        try
        {
            return new StagingFolder(parent, RandomNumberGenerator.GetHexString(16, lowercase: true));
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    /// <summary>Removes what a process that died has left. The store's lock is held, so nobody is at work there.</summary>
    public static void Sweep(Descriptor store)
    {
        if (Linux.Folders.TryStat(store, StoreFolder.Staging) is null)
        {
            return;
        }

        using Descriptor parent = Linux.Folders.Open(store, StoreFolder.Staging);
        foreach (string name in Linux.Folders.List(parent))
        {
            Linux.Folders.RemoveTree(parent, name);
        }
    }

    /// <summary>Copies a package's folder into <see cref="Package"/>, from open descriptors: a name that is swapped meanwhile is refused, never followed.</summary>
    /// <param name="source">The package's root.</param>
    /// <param name="leaveOut">A name at the root that stays behind, or null.</param>
    /// <param name="progress">Is told the bytes that are done, now and then.</param>
    public void Copy(Descriptor source, string? leaveOut, Action<long>? progress, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        long done = 0;
        try
        {
            foreach (TreeEntry entry in PackageTree.Walk(source, leaveOut))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (entry.IsFolder)
                {
                    MakeFolder(Package, entry.Path);
                    continue;
                }

                using Descriptor from = entry.Open();
                using Descriptor to = MakeFile(Package, entry.Path);
                Copy(from, to, entry, buffer);
                done += entry.Facts.Size;
                progress?.Invoke(done);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Makes a file below an open folder that this process alone writes to. It is read-only from the start, but for the descriptor that is returned.</summary>
    public static Descriptor MakeFile(Descriptor root, string path)
    {
        Descriptor file = Files.OpenBeneath(root, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, FileMode);
        Files.SetMode(file, FileMode);
        return file;
    }

    /// <summary>Makes a folder below an open folder; its parents are there.</summary>
    public static void MakeFolder(Descriptor root, string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            Linux.Folders.Make(root, path, Private);
            return;
        }

        using Descriptor parent = Files.OpenBeneath(root, path[..slash], OpenFlags.ReadOnly | OpenFlags.Directory);
        Linux.Folders.Make(parent, path[(slash + 1)..], Private);
    }

    /// <summary>
    /// Makes the package's folders read-only, as its files are, all but the root, which still has to be renamed (that writes its <c>..</c>): that one is sealed by
    /// <see cref="SealRoot"/>. Then everything is flushed.
    /// </summary>
    public void Seal(PackageTree tree)
    {
        foreach ((string path, _) in tree.Folders)
        {
            if (path.Length > 0)
            {
                using Descriptor opened = Files.OpenBeneath(Package, path, OpenFlags.ReadOnly | OpenFlags.Directory);
                Files.SetMode(opened, FolderMode);
            }
        }

        Linux.Folders.SyncFileSystem(Package);
    }

    public static void SealRoot(Descriptor revision) => Files.SetMode(revision, FolderMode);

    public void Dispose()
    {
        Package.Dispose();
        Folder.Dispose();
        try
        {
            Linux.Folders.RemoveTree(_parent, _name);
        }
        catch (LinuxException)
        {
            // Whatever made this fail is being reported already or will be; the next change of the store sweeps.
        }

        _parent.Dispose();
    }

    private static void Copy(Descriptor from, Descriptor to, TreeEntry entry, byte[] buffer)
    {
        long offset = 0;
        int count;
        while ((count = Files.ReadAt(from, buffer, offset)) > 0)
        {
            if (offset + count > entry.Facts.Size)
            {
                throw new PackageException(PackageFault.Conflict, $"'{Printable.Quote(entry.Path)}' grew while it was copied: try again");
            }

            Files.WriteAt(to, buffer.AsSpan(0, count), offset);
            offset += count;
        }
    }
}
