using System.IO.Compression;
using System.Text;
using Weft.Linux;

namespace Weft.Core.Tests.Archives;

/// <summary>Writes tar archives that nobody should: any type, name, size and checksum.</summary>
internal sealed class HostileTar
{
    private readonly List<byte> _bytes = [];

    public HostileTar Folder(string name) => Entry(name, '5');

    public HostileTar File(string name, string content = "x") => Entry(name, '0', Encoding.UTF8.GetBytes(content));

    public HostileTar Entry(string name, char type, byte[]? content = null, long? size = null, string? link = null, bool ustar = true, string prefix = "")
        => Raw(Encoding.UTF8.GetBytes(name), type, content, size, link, ustar, prefix);

    public HostileTar Raw(byte[] name, char type, byte[]? content = null, long? size = null, string? link = null, bool ustar = true, string prefix = "", string? sizeField = null)
    {
        byte[] header = new byte[512];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(header);
        Encoding.ASCII.GetBytes("0000644\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes("0000000\0").CopyTo(header, 108);
        Encoding.ASCII.GetBytes("0000000\0").CopyTo(header, 116);
        Encoding.Latin1.GetBytes(sizeField ?? Convert.ToString(size ?? content?.Length ?? 0, 8).PadLeft(11, '0')).CopyTo(header, 124);
        Encoding.ASCII.GetBytes("00000000000\0").CopyTo(header, 136);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link ?? "").CopyTo(header, 157);
        Encoding.ASCII.GetBytes(ustar ? "ustar\000" : "ustar  \0").CopyTo(header, 257);
        Encoding.UTF8.GetBytes(prefix).CopyTo(header, 345);
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        _bytes.AddRange(header);
        _bytes.AddRange(content ?? []);
        _bytes.AddRange(new byte[(512 - ((content?.Length ?? 0) % 512)) % 512]);
        return this;
    }

    public HostileTar Pax(string records) => Entry("pax", 'x', Encoding.UTF8.GetBytes(records));

    public static string Record(string key, string value)
    {
        int length = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        int total = length + 1;
        while ($"{total}".Length + length != total)
        {
            total++;
        }

        return $"{total} {key}={value}\n";
    }

    public HostileTar Append(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>The two blocks at the end.</summary>
    public HostileTar End() => Append(new byte[1024]);

    public byte[] Plain() => [.. _bytes];

    public byte[] Zstd() => Zstd(Plain());

    public static byte[] Zstd(byte[] plain)
    {
        using MemoryStream packed = new();
        using ZstdWriter writer = new(packed, 3);
        writer.Write(plain);
        writer.Finish();
        return packed.ToArray();
    }

    public static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream writer = new(packed, CompressionLevel.Fastest))
        {
            writer.Write(plain);
        }

        return packed.ToArray();
    }
}
