using System.Globalization;
using System.Text;

namespace Weft.Core.Archives;

/// <summary>Writes the tar of a package: the same bytes for the same files, so no times, owners or modes of this machine are in it.</summary>
internal sealed class TarWriter(Stream target)
{
    private const int Block = 512;
    private const int NameLength = 100;
    private const int PrefixLength = 155;

    public void Folder(string path) => Header(path + "/", '5', 0x1ED, 0); // 0755

    /// <summary>Begins a file, whose <paramref name="size"/> bytes follow by <see cref="Write"/>, then <see cref="EndFile"/>.</summary>
    public void File(string path, long size) => Header(path, '0', 0x1A4, size); // 0644

    public void Write(ReadOnlySpan<byte> content) => target.Write(content);

    public void EndFile(long size) => Pad(size);

    /// <summary>Marks the end.</summary>
    public void Finish() => target.Write(new byte[2 * Block]);

    private void Header(string path, char type, int mode, long size)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        byte[] header = new byte[Block];
        if (Split(name) is { } slash)
        {
            name.AsSpan(0, Math.Max(slash, 0)).CopyTo(header.AsSpan(345));
            name.AsSpan(slash + 1).CopyTo(header);
        }
        else
        {
            // Too long for a header: a pax record before it. Its own name is for programs that do not know pax.
            LongName(name);
            name.AsSpan(0, NameLength).CopyTo(header);
        }

        Finish(header, type, mode, size);
        target.Write(header);
    }

    /// <summary>Where to cut a name into prefix and name: -1 for no prefix; null where it does not fit.</summary>
    private static int? Split(byte[] name)
    {
        if (name.Length <= NameLength)
        {
            return -1;
        }

        // The last character of a folder's name is a slash, which does not divide.
        for (int i = Math.Min(name.Length - 2, PrefixLength); i > 0 && name.Length - i - 1 <= NameLength; i--)
        {
            if (name[i] == '/')
            {
                return i;
            }
        }

        return null;
    }

    private void LongName(byte[] name)
    {
        int length = name.Length + " path=\n".Length;
        int digits = 1;
        while ((length + digits).ToString(CultureInfo.InvariantCulture).Length != digits)
        {
            digits++;
        }

        byte[] record = [.. Encoding.ASCII.GetBytes((length + digits).ToString(CultureInfo.InvariantCulture)), .. " path="u8, .. name, (byte)'\n'];
        byte[] header = new byte[Block];
        "weft-long-name"u8.CopyTo(header);
        Finish(header, 'x', 0x1A4, record.Length);
        target.Write(header);
        target.Write(record);
        Pad(record.Length);
    }

    private static void Finish(byte[] header, char type, int mode, long size)
    {
        Octal(mode, header.AsSpan(100, 8));
        Octal(0, header.AsSpan(108, 8));
        Octal(0, header.AsSpan(116, 8));
        Octal(size, header.AsSpan(124, 12));
        Octal(0, header.AsSpan(136, 12));
        header[156] = (byte)type;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Octal(sum, header.AsSpan(148, 7));
        header[155] = (byte)' ';
    }

    private static void Octal(long value, Span<byte> field)
    {
        field[^1] = 0;
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }

    private void Pad(long size) => target.Write(new byte[(int)((Block - (size % Block)) % Block)]);
}
