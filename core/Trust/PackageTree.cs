using System.Buffers;
using System.Security.Cryptography;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Core.Trust;

/// <summary>One file as it was read: path from the package's root, SHA-256 of its content, and the facts by which a later change is seen.</summary>
public sealed record PackageFile(string Path, byte[] Sha256, FileFacts Facts);

/// <summary>
/// All that lies in a package's folder, read from an open descriptor without following a link. Anything but folders and regular files,
/// a name that breaks <see cref="PackagePath"/>, and more than the limits are refused.
/// </summary>
public sealed class PackageTree
{
    private const int BufferLength = 128 * 1024;

    private readonly Dictionary<string, PackageFile> _byPath;

    private PackageTree(List<PackageFile> files, List<(string, FileFacts)> folders)
    {
        Files = files;
        Folders = folders;
        _byPath = files.ToDictionary(static f => f.Path, StringComparer.Ordinal);
        Digest = ContentDigest.Of(files.Select(static f => new HashedFile(f.Path, f.Sha256)));
    }

    /// <summary>In the order of their paths' bytes within each folder.</summary>
    public IReadOnlyList<PackageFile> Files { get; }

    /// <summary>The folders with their facts, the root as an empty path.</summary>
    public IReadOnlyList<(string Path, FileFacts Facts)> Folders { get; }

    public ContentDigest Digest { get; }

    /// <summary>The file of that path; null where there is none.</summary>
    public PackageFile? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>Reads and hashes the package whose root folder is open.</summary>
    /// <param name="root">The folder with <c>wapp.toml</c> in it.</param>
    /// <param name="leaveOut">A name at the root that does not count, or null.</param>
    /// <exception cref="PackageException">It is no package: a link, a device, a bad name, too much.</exception>
    public static PackageTree Read(Descriptor root, string? leaveOut = null)
    {
        List<PackageFile> files = [];
        List<(string, FileFacts)> folders = [];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            folders.Add(("", Linux.Files.Stat(root)));
            foreach (TreeEntry entry in Walk(root, leaveOut))
            {
                if (entry.IsFolder)
                {
                    folders.Add((entry.Path, entry.Facts));
                    continue;
                }

                using Descriptor file = entry.Open();
                files.Add(new PackageFile(entry.Path, Hash(file, entry, hash, buffer), entry.Facts));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new PackageTree(files, folders);
    }

    /// <summary>
    /// Everything below <paramref name="root"/>, each folder before what lies in it. An entry can be opened until the next one is asked for.
    /// </summary>
    public static IEnumerable<TreeEntry> Walk(Descriptor root, string? leaveOut = null)
    {
        PackageLimits.Counter counter = new(PackageLimits.Default);
        return Walk(root, "", counter, leaveOut);
    }

    private static IEnumerable<TreeEntry> Walk(Descriptor folder, string prefix, PackageLimits.Counter counter, string? leaveOut)
    {
        foreach (string name in Names(folder, prefix))
        {
            if (name == leaveOut)
            {
                continue;
            }

            string path = prefix + name;
            if (PackagePath.Problem(path) is { } problem)
            {
                throw new PackageException(PackageFault.Invalid, $"the path '{Printable.Quote(path)}' {problem}: rename it");
            }

            FileFacts facts = Linux.Folders.TryStat(folder, name)
                ?? throw new PackageException(PackageFault.Conflict, $"'{Printable.Quote(path)}' went away while the package was read: try again");
            if (facts.Type is not (FileType.Regular or FileType.Directory))
            {
                throw new PackageException(PackageFault.Invalid, $"'{Printable.Quote(path)}' is {Kind(facts.Type)}: a package holds folders and regular files only");
            }

            counter.Entry(path);
            if (facts.Type == FileType.Regular)
            {
                counter.Bytes(facts.Size, path);
                yield return new TreeEntry(folder, name, path, facts);
                continue;
            }

            yield return new TreeEntry(folder, name, path, facts);
            using Descriptor inner = Linux.Folders.Open(folder, name);
            foreach (TreeEntry entry in Walk(inner, path + "/", counter, null))
            {
                yield return entry;
            }
        }
    }

    private static List<string> Names(Descriptor folder, string prefix)
    {
        try
        {
            return Linux.Folders.List(folder, PackageLimits.Default.Entries);
        }
        catch (LinuxException e) when (e.Errno == Errno.EFBIG)
        {
            throw new PackageException(PackageFault.TooLarge, $"'{Printable.Quote(prefix)}' holds more than {PackageLimits.Default.Entries} files and folders", e);
        }
        catch (LinuxException e) when (e.Errno == Errno.EILSEQ)
        {
            throw new PackageException(PackageFault.Invalid, $"'{Printable.Quote(prefix)}' holds a name that is not UTF-8: rename it", e);
        }
    }

    private static byte[] Hash(Descriptor file, TreeEntry entry, IncrementalHash hash, byte[] buffer)
    {
        long offset = 0;
        int count;
        while ((count = Linux.Files.ReadAt(file, buffer, offset)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, count));
            offset += count;
            if (offset > entry.Facts.Size)
            {
                break;
            }
        }

        byte[] result = hash.GetHashAndReset();
        return offset == entry.Facts.Size
            ? result
            : throw new PackageException(PackageFault.Conflict, $"'{Printable.Quote(entry.Path)}' changed while it was read: try again");
    }

    internal static string Kind(FileType type) => type switch
    {
        FileType.Link => "a link",
        FileType.Fifo => "a FIFO",
        FileType.Socket => "a socket",
        FileType.CharacterDevice or FileType.BlockDevice => "a device",
        _ => "neither file nor folder",
    };
}

/// <summary>A file or folder met on a walk.</summary>
public readonly record struct TreeEntry(Descriptor Folder, string Name, string Path, FileFacts Facts)
{
    public bool IsFolder => Facts.Type == FileType.Directory;

    /// <summary>Opens the file that was met, not one put in its place: a FIFO does not block, a link is not followed.</summary>
    public Descriptor Open()
    {
        Descriptor file = Linux.Files.OpenAt(Folder, Name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        FileFacts facts = Linux.Files.Stat(file);
        if (facts.Type == FileType.Regular && facts.Inode == Facts.Inode && facts.Device == Facts.Device)
        {
            return file;
        }

        file.Dispose();
        throw new PackageException(PackageFault.Conflict, $"'{Printable.Quote(Path)}' was replaced while it was read: try again");
    }
}
