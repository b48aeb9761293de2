using System.Text;
using Weft.Core.Apps;
using Weft.Core.Archives;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Fuzz.Targets;

/// <summary>The tar of a package. Checksums are put right first: else nearly every input would end there.</summary>
internal sealed class TarTarget : IFuzzTarget
{
    private const int Block = 512;

    public string Name => "tar";

    public IEnumerable<byte[]> Seeds => [ArchiveSeeds.Tar("short"), ArchiveSeeds.Tar(new string('l', 180))];

    public IEnumerable<byte[]> Words => [.. ((string[])["../", "com.example.app/", "L", "x", "12 path=a/b\n", "ustar\0", "77777777777", "GNU.sparse.major=1", "\0\0\0\0"]).Select(Encoding.UTF8.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        byte[] tar = input.ToArray();
        for (int at = 0; at + Block <= tar.Length; at += Block)
        {
            Mend(tar.AsSpan(at, Block));
        }

        try
        {
            TarReader reader = new(new MemoryStream(tar));
            while (reader.Next() is { } entry)
            {
                if (PackagePath.Problem(entry.Path) is { } problem || entry.Size < 0)
                {
                    throw new FuzzFindingException($"accepted a path that {entry.Path} {entry.Size}");
                }
            }
        }
        catch (PackageException)
        {
        }

        try
        {
            AppId app = new Unpacking(new TarReader(new MemoryStream(tar)), null, PackageLimits.Default).Run(CancellationToken.None);
            if (!AppId.TryParse(app.Value, out _))
            {
                throw new FuzzFindingException("accepted a root that is no id");
            }
        }
        catch (PackageException)
        {
        }
    }

    private static void Mend(Span<byte> header)
    {
        if (!header.Slice(257, 5).SequenceEqual("ustar"u8))
        {
            return;
        }

        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }
}

/// <summary>Whole archives, compressed as they come.</summary>
internal sealed class ArchiveTarget : IFuzzTarget
{
    public string Name => "archive";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] tar = ArchiveSeeds.Tar("short");
            using MemoryStream zstd = new();
            using (ZstdWriter writer = new(zstd, 3))
            {
                writer.Write(tar);
                writer.Finish();
            }

            using MemoryStream gzip = new();
            using (System.IO.Compression.GZipStream writer = new(gzip, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            {
                writer.Write(tar);
            }

            return [zstd.ToArray(), gzip.ToArray()];
        }
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        using Descriptor archive = MemoryFile.Create("fuzz", Math.Max(input.Length, 1), MemorySeals.None);
        Files.WriteAt(archive, input, 0);
        try
        {
            PackageArchive.Check(archive, PackageLimits.Default, CancellationToken.None);
        }
        catch (PackageException)
        {
        }
    }
}

/// <summary>Files of keys and signatures.</summary>
internal sealed class KeyFileTarget : IFuzzTarget
{
    public string Name => "key-file";

    public IEnumerable<byte[]> Seeds => [Encoding.ASCII.GetBytes(new string('a', 64) + "\n"), Encoding.ASCII.GetBytes(new string('0', 128) + " \r\n")];

    public void Run(ReadOnlySpan<byte> input)
    {
        int digits = input.TrimEnd(" \t\r\n"u8).Length;
        if (PublisherKey.TryParse(input, out PublisherKey? key) && (digits != 64 || key!.Hex.Length != 64))
        {
            throw new FuzzFindingException("a key that is none");
        }

        if (SigningKey.TryParse(input, out SigningKey? secret))
        {
            secret!.Dispose();
        }

        if (PackageSignature.TryParse(input, out PackageSignature? signature))
        {
            if (digits != 128)
            {
                throw new FuzzFindingException("a signature that is none");
            }

            key?.Verifies(ContentDigest.Of([]), signature!);
        }
    }
}

/// <summary>Records of the state root, which another version or a failing disk may have written.</summary>
internal sealed class RecordTarget : IFuzzTarget
{
    public string Name => "store-record";

    public IEnumerable<byte[]> Seeds =>
    [
        """{"format":1,"key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","recorded_at":1}"""u8.ToArray(),
        """{"format":1,"capabilities":["fs:rw:app-data","net:fetch"],"approved_at":1}"""u8.ToArray(),
        """{"format":1,"revisions":[{"name":"a","development":true,"version":"1.0.0","installed_at":1}]}"""u8.ToArray(),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        Try(() => RecordFile.Parse("r", bytes, StoreJson.Default.OwnerRecord));
        Try(() => RecordFile.Parse("r", bytes, StoreJson.Default.ApprovalRecord));
        Try(() => RecordFile.Parse("r", bytes, StoreJson.Default.RevisionsRecord));
    }

    private static void Try(Func<object?> read)
    {
        try
        {
            read();
        }
        catch (PackageException e) when (e.Fault == PackageFault.UnreadableRecord)
        {
        }
    }
}

internal static class ArchiveSeeds
{
    public static byte[] Tar(string name)
    {
        using MemoryStream bytes = new();
        TarWriter tar = new(bytes);
        tar.Folder("com.example.app");
        tar.File("com.example.app/" + name, 5);
        tar.Write("hello"u8);
        tar.EndFile(5);
        tar.Folder("com.example.app/ui");
        tar.Finish();
        return bytes.ToArray();
    }
}
