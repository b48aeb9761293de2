using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Archives;

/// <summary>
/// A package in one file: a tar with the one root folder <c>&lt;id&gt;/</c>, compressed by zstd or gzip; <c>&lt;id&gt;.wapp</c>, or
/// <c>&lt;id&gt;.app.tar.zst</c> as the Rust implementation writes it.
/// </summary>
public static class PackageArchive
{
    public const string Extension = ".wapp";

    private const int BufferLength = 128 * 1024;
    private const int CompressionLevel = 19;

    private static readonly byte[] ZstdMagic = [0x28, 0xB5, 0x2F, 0xFD];
    private static readonly byte[] GzipMagic = [0x1F, 0x8B];

    /// <summary>
    /// Unpacks into <paramref name="folder"/>, an empty folder that nobody else writes to, without the archive's root folder. Everything
    /// is checked while it streams; on a refusal what was unpacked so far lies in that folder alone, and the caller removes it.
    /// </summary>
    /// <param name="archive">An open regular file.</param>
    /// <param name="folder">Where the package's root shall be.</param>
    /// <param name="progress">Is told the bytes of the archive that were read.</param>
    /// <returns>The id that the root folder has for a name.</returns>
    /// <exception cref="PackageException">The archive is refused.</exception>
    public static AppId Unpack(Descriptor archive, Descriptor folder, Action<long>? progress, CancellationToken cancellationToken) =>
        Unpack(archive, folder, PackageLimits.Default, progress, cancellationToken);

    internal static AppId Unpack(Descriptor archive, Descriptor folder, PackageLimits limits, Action<long>? progress, CancellationToken cancellationToken)
    {
        // Once through without making anything: what is refused costs no file. The second time checks all of it again, since the
        // archive may be changed in between.
        Check(archive, limits, cancellationToken);
        return Guarded(() => Pass(archive, folder, limits, progress, cancellationToken));
    }

    /// <summary>Reads an archive to its end and makes nothing of it.</summary>
    internal static AppId Check(Descriptor archive, PackageLimits limits, CancellationToken cancellationToken) =>
        Guarded(() => Pass(archive, null, limits, null, cancellationToken));

    private static AppId Guarded(Func<AppId> read)
    {
        try
        {
            return read();
        }
        catch (ZstdException e)
        {
            throw new PackageException(PackageFault.Invalid, $"the archive is refused: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new PackageException(PackageFault.Invalid, "the archive is refused: gzip: the data is damaged", e);
        }
    }

    private static AppId Pass(Descriptor archive, Descriptor? folder, PackageLimits limits, Action<long>? progress, CancellationToken cancellationToken)
    {
        using DescriptorStream packed = new(archive, progress);
        using RatioGuard plain = new(Decompress(packed), packed, limits);
        return new Unpacking(new TarReader(plain), folder, limits).Run(cancellationToken);
    }

    /// <summary>Packs a package's folder; the same files give the same bytes (with the same libzstd). Returns the archive's path.</summary>
    /// <param name="folder">The package's root.</param>
    /// <param name="output">The archive to write, replaced whole; null: <c>&lt;id&gt;.wapp</c> in the working folder.</param>
    /// <exception cref="PackageException">The folder holds no good package.</exception>
    public static string Bundle(string folder, string? output)
    {
        using Descriptor root = Files.Open(folder, OpenFlags.ReadOnly | OpenFlags.Directory);
        CheckedPackage package = CheckedPackage.Read(root, folder, null);
        string path = Path.GetFullPath(output ?? package.Manifest.Id + Extension);
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
            {
                using ZstdWriter packed = new(file, CompressionLevel);
                Write(new TarWriter(packed), root, package);
                packed.Finish();
                file.Flush(flushToDisk: true);
            }

            Files.Rename(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return path;
    }

    /// <summary>Unpacks an archive to <c>&lt;into&gt;/&lt;id&gt;</c>, which must not be there yet. Returns the id.</summary>
    /// <exception cref="PackageException">The archive is refused, or the folder is there: nothing is left behind.</exception>
    public static AppId Unbundle(string archive, string into)
    {
        const int Private = 0x1C0; // 0700
        const int Shared = 0x1ED;  // 0755
        using Descriptor file = OpenArchive(archive);
        using Descriptor parent = Files.Open(into, OpenFlags.ReadOnly | OpenFlags.Directory);
        string temporary = $".weft-unbundle-{Environment.ProcessId}-{Guid.NewGuid():n}";
        try
        {
            using Descriptor staging = Linux.Folders.OpenOrMake(parent, temporary, Private);
            AppId app = Unpack(file, staging, null, CancellationToken.None);
            Files.SetMode(staging, Shared);
            return Linux.Folders.TryRename(parent, temporary, parent, app.Value)
                ? app
                : throw new PackageException(PackageFault.Conflict, $"{Path.Combine(into, app.Value)} is there already: move it away");
        }
        finally
        {
            Linux.Folders.RemoveTree(parent, temporary);
        }
    }

    private static Descriptor OpenArchive(string path)
    {
        try
        {
            Descriptor file = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            if (Files.Stat(file).Type == FileType.Regular)
            {
                return file;
            }

            file.Dispose();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
        }

        throw new PackageException(PackageFault.NotFound, $"there is no archive {path}");
    }

    private static Stream Decompress(DescriptorStream packed)
    {
        byte[] head = packed.Peek(ZstdMagic.Length);
        return head.AsSpan().SequenceEqual(ZstdMagic) ? new ZstdReader(packed)
            : head.AsSpan().StartsWith(GzipMagic) ? new GZipStream(packed, CompressionMode.Decompress)
            : throw new PackageException(PackageFault.Invalid, "the archive is refused: it is neither zstd nor gzip; `weft pack bundle` makes one");
    }

    private static void Write(TarWriter tar, Descriptor root, CheckedPackage package)
    {
        string id = package.Manifest.Id.Value;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        tar.Folder(id);
        foreach (TreeEntry entry in PackageTree.Walk(root))
        {
            if (entry.IsFolder)
            {
                tar.Folder($"{id}/{entry.Path}");
                continue;
            }

            tar.File($"{id}/{entry.Path}", entry.Facts.Size);
            using Descriptor file = entry.Open();
            long offset = 0;
            int count;
            while ((count = Files.ReadAt(file, buffer, offset)) > 0)
            {
                offset += count;
                tar.Write(buffer.AsSpan(0, count));
            }

            if (offset != entry.Facts.Size)
            {
                throw new PackageException(PackageFault.Conflict, string.Create(CultureInfo.InvariantCulture, $"'{entry.Path}' changed while it was packed: try again"));
            }

            tar.EndFile(offset);
        }

        tar.Finish();
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
