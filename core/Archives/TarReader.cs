using System.Globalization;
using System.Text;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Core.Archives;

/// <summary>One folder or file of an archive. The content of a file is read from the reader before the next entry is asked for.</summary>
internal readonly record struct TarEntry(string Path, bool IsFolder, long Size);

/// <summary>
/// Reads the one kind of tar that a package may be: folders and regular files, with names as POSIX (ustar, pax) or GNU tar write long
/// ones. System.Formats.Tar reads links, devices, sparse files and sizes by pax records besides, and takes a damaged header for the
/// archive's end; here each of these is refused by name.
/// </summary>
internal sealed class TarReader(Stream source)
{
    private const int Block = 512;
    private const int MaximumExtension = 16 * 1024;

    // What pax records may say: names, and facts of files that a package does not keep.
    private static readonly HashSet<string> HarmlessRecords = ["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment", "LIBARCHIVE.creationtime"];

    private readonly byte[] _block = new byte[Block];
    private long _left;    // of the entry's content
    private int _padding;  // after it

    /// <summary>The next entry, or null at the archive's end, which must be marked and followed by nothing but zeros.</summary>
    /// <exception cref="PackageException">Anything that does not belong into a package.</exception>
    public TarEntry? Next()
    {
        string? longName = null;
        string? paxPath = null;
        while (true)
        {
            Skip();
            ReadBlock();
            if (_block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                if (longName is not null || paxPath is not null)
                {
                    throw Bad("a long name without its file");
                }

                ReadEnd();
                return null;
            }

            CheckSum();
            char type = (char)_block[156];
            long size = Octal(_block.AsSpan(124, 12), "size");
            switch (type)
            {
                case 'L' when longName is null:
                    longName = Text(ReadExtension(size, "long name")).TrimEnd('\0');
                    continue;
                case 'x' when paxPath is null:
                    paxPath = ReadRecords(ReadExtension(size, "pax record"), out bool any);
                    if (!any)
                    {
                        throw Bad("an empty pax record");
                    }

                    continue;
                case '0' or '\0' or '5':
                    return Entry(longName ?? paxPath ?? Name(), type, size);
                default:
                    throw Bad($"'{Printable.Quote(longName ?? paxPath ?? Name())}' is {Kind(type)}");
            }
        }
    }

    /// <summary>Reads content of the entry; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, _left);
        if (wanted == 0)
        {
            return 0;
        }

        int count = source.Read(buffer[..wanted]);
        _left -= count;
        return count > 0 ? count : throw CutOff();
    }

    private TarEntry Entry(string path, char type, long size)
    {
        bool folder = type == '5';
        if (!folder && path.EndsWith('/'))
        {
            throw Bad($"'{Printable.Quote(path)}' is a file with the name of a folder");
        }

        string name = folder && path.EndsWith('/') ? path[..^1] : path;
        if (PackagePath.Problem(name) is { } problem)
        {
            throw Bad($"the path '{Printable.Quote(path)}' {problem}");
        }

        if (folder && size != 0)
        {
            throw Bad($"the folder '{Printable.Quote(path)}' has content");
        }

        Begin(size);
        return new TarEntry(name, folder, size);
    }

    private void Begin(long size)
    {
        _left = size;
        _padding = (int)((Block - (size % Block)) % Block);
    }

    private void Skip()
    {
        Span<byte> buffer = stackalloc byte[16 * Block];
        while (_left > 0)
        {
            Read(buffer);
        }

        if (_padding > 0)
        {
            ReadWhole(buffer[.._padding]);
            _padding = 0;
        }
    }

    private void ReadBlock() => ReadWhole(_block);

    private void ReadWhole(Span<byte> buffer)
    {
        if (source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
        {
            throw CutOff();
        }
    }

    // One block of zeros was read: there must be a second, and no byte that another program would read as one more entry.
    private void ReadEnd()
    {
        ReadBlock();
        int count = Block;
        do
        {
            if (_block.AsSpan(0, count).IndexOfAnyExcept((byte)0) >= 0)
            {
                throw Bad("bytes after its end");
            }
        }
        while ((count = source.Read(_block)) > 0);
    }

    private byte[] ReadExtension(long size, string what)
    {
        if (size is <= 0 or > MaximumExtension)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"a {what} of {size} bytes; at most {MaximumExtension} are read"));
        }

        Begin(size);
        byte[] content = new byte[size];
        ReadWhole(content);
        _left = 0;
        return content;
    }

    /// <summary>pax records, each <c>length SP key = value LF</c>; returns the path, where there is one.</summary>
    private static string? ReadRecords(ReadOnlySpan<byte> records, out bool any)
    {
        string? path = null;
        any = false;
        HashSet<string> seen = [];
        while (!records.IsEmpty)
        {
            int space = records.IndexOf((byte)' ');
            if (space is < 1 or > 5 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > records.Length || records[length - 1] != '\n')
            {
                throw Bad("a pax record whose length is wrong");
            }

            ReadOnlySpan<byte> record = records[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                throw Bad("a pax record without a key");
            }

            string key = Text(record[..equals]);
            if (!seen.Add(key))
            {
                throw Bad($"the pax record '{Printable.Quote(key)}' twice");
            }

            if (key == "path")
            {
                path = Text(record[(equals + 1)..]);
                if (path.Length == 0)
                {
                    throw Bad("an empty path in a pax record");
                }
            }
            else if (!HarmlessRecords.Contains(key))
            {
                throw Bad($"the pax record '{Printable.Quote(key)}', which no package needs");
            }

            any = true;
            records = records[length..];
        }

        return path;
    }

    private string Name()
    {
        string name = Field(_block.AsSpan(0, 100));
        if (!_block.AsSpan(257, 6).SequenceEqual("ustar\0"u8))
        {
            // Old GNU headers have other things where POSIX has the prefix.
            return name;
        }

        string prefix = Field(_block.AsSpan(345, 155));
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static string Field(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Text(end < 0 ? field : field[..end]);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Bad($"the name '{Printable.Quote(Encoding.Latin1.GetString(bytes))}' is not UTF-8");
        }
    }

    private void CheckSum()
    {
        long stored = Octal(_block.AsSpan(148, 8), "checksum");
        long sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : _block[i];
        }

        if (sum != stored)
        {
            throw Bad("a damaged header");
        }
    }

    // Octal digits with blanks or NULs around them. GNU's binary numbers begin with a set bit: sizes of 8 GiB, which no package has.
    private static long Octal(ReadOnlySpan<byte> field, string what)
    {
        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                throw Bad($"a header whose {what} is no octal number");
            }

            value = (value * 8) + (digit - '0');
        }

        return value;
    }

    private static string Kind(char type) => type switch
    {
        '1' => "a hard link: a package holds folders and regular files only",
        '2' => "a link: a package holds folders and regular files only",
        '3' or '4' => "a device: a package holds folders and regular files only",
        '6' => "a FIFO: a package holds folders and regular files only",
        'S' => "a sparse file: pack it whole",
        'g' => "a global pax record, which no package needs",
        'L' or 'x' => "one more long name before its file",
        _ => string.Create(CultureInfo.InvariantCulture, $"an entry of the unknown kind {(int)type}"),
    };

    private static PackageException Bad(string what) => new(PackageFault.Invalid, $"the archive is refused: {what}");

    private static PackageException CutOff() => new(PackageFault.Invalid, "the archive is refused: it is cut off");
}
