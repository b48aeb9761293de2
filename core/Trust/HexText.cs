using System.Buffers;

namespace Weft.Core.Trust;

/// <summary>The form of keys and signatures in files: a known number of hex digits, and at most white space after them.</summary>
internal static class HexText
{
    /// <summary>Reads exactly <paramref name="length"/> bytes; upper- and lower-case digits are both read.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, int length, out byte[] bytes)
    {
        bytes = [];
        ReadOnlySpan<char> digits = text.TrimEnd(" \t\r\n");
        if (digits.Length != length * 2)
        {
            return false;
        }

        byte[] result = new byte[length];
        if (Convert.FromHexString(digits, result, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        bytes = result;
        return true;
    }

    /// <summary>As above, from the bytes of a file.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, int length, out byte[] bytes)
    {
        // Anything longer is no such file, whatever white space follows.
        if (file.Length > LongestFile)
        {
            bytes = [];
            return false;
        }

        Span<char> text = stackalloc char[file.Length];
        for (int i = 0; i < file.Length; i++)
        {
            text[i] = (char)file[i];
        }

        return TryRead((ReadOnlySpan<char>)text, length, out bytes);
    }

    /// <summary>Longest file that is read as a key or signature, in bytes.</summary>
    public const int LongestFile = 1024;
}
