using System.Globalization;
using System.Text;

namespace Weft.Runtime.Host;

/// <summary>Takes what came next from a server; 0 is the end.</summary>
internal delegate int FetchRead(Span<byte> buffer);

/// <summary>
/// Reads one HTTP/1.x reply (RFC 9112). The server is not trusted: every length is checked before memory is taken for it, and what could be
/// read in two ways is an error.
/// </summary>
internal sealed class FetchReply(FetchRead read, FetchLimits limits)
{
    // Replies before the one that counts (100 continue, 103 early hints).
    private const int MostInformational = 8;
    private const int MostChunkLine = 256;

    private byte[] _buffer = new byte[8192];
    private int _begin;
    private int _end;
    private bool _came;

    /// <exception cref="FetchException">The reply is none, or too large.</exception>
    public FetchResponse Read(bool expectsBody)
    {
        for (int i = 0; i <= MostInformational; i++)
        {
            (int status, List<KeyValuePair<string, string>> headers) = ReadHead();
            if (status is >= 100 and < 200)
            {
                // 101 would end HTTP on this connection, and nobody asked for that.
                if (status == 101)
                {
                    throw Bad("it switched to another protocol");
                }

                continue;
            }

            byte[] body = expectsBody && status is not (204 or 304) ? ReadBody(headers) : [];
            headers.RemoveAll(static header => FetchTarget.IsRefused(header.Key));
            return new FetchResponse(status, headers, body);
        }

        throw Bad("it never came to the point");
    }

    private (int Status, List<KeyValuePair<string, string>> Headers) ReadHead()
    {
        int used = 0;
        string first = ReadLine(limits.Head, ref used);
        if (!(first.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || first.StartsWith("HTTP/1.0 ", StringComparison.Ordinal))
            || first.Length < 12 || (first.Length > 12 && first[12] != ' ')
            || !int.TryParse(first.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status) || status < 100)
        {
            throw Bad("it is no HTTP/1.x");
        }

        List<KeyValuePair<string, string>> headers = [];
        string line;
        while ((line = ReadLine(limits.Head, ref used)).Length > 0)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !FetchTarget.IsToken(line.AsSpan(0, colon)) || line.AsSpan().IndexOfAny('\0', '\r') >= 0)
            {
                throw Bad("a header is none");
            }

            headers.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return (status, headers);
    }

    private byte[] ReadBody(List<KeyValuePair<string, string>> headers)
    {
        string? length = null;
        bool chunked = false;
        foreach ((string name, string value) in headers)
        {
            if (name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase))
            {
                chunked = !chunked && value.Equals("chunked", StringComparison.OrdinalIgnoreCase) ? true : throw Bad("its transfer-encoding is not just chunked");
            }
            else if (name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            {
                length = length is null || length == value ? value : throw Bad("it has two lengths");
            }
        }

        if (chunked)
        {
            // Both at once is how replies are smuggled past each other (RFC 9112 6.3).
            return length is null ? ReadChunks() : throw Bad("it is chunked and has a length");
        }

        if (length is null)
        {
            return ReadToEnd();
        }

        if (!long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            throw Bad("its length is no number");
        }

        byte[] body = new byte[Fits(count)];
        Fill(body);
        return body;
    }

    private byte[] ReadToEnd()
    {
        List<byte[]> parts = [];
        int total = 0;
        while (true)
        {
            byte[] part = new byte[64 << 10];
            int filled = 0;
            int count;
            while (filled < part.Length && (count = Take(part.AsSpan(filled))) > 0)
            {
                filled += count;
            }

            total = Fits((long)total + filled);
            parts.Add(part[..filled]);
            if (filled < part.Length)
            {
                return Join(parts, total);
            }
        }
    }

    private byte[] ReadChunks()
    {
        List<byte[]> parts = [];
        int total = 0;
        int trailer = 0;
        while (true)
        {
            int used = 0;
            string line = ReadLine(MostChunkLine, ref used);
            int extension = line.IndexOf(';', StringComparison.Ordinal);
            ReadOnlySpan<char> digits = (extension < 0 ? line : line[..extension]).AsSpan().Trim(" \t");
            if (digits.Length is 0 or > 8 || !long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long size))
            {
                throw Bad("the size of a chunk is no number");
            }

            if (size == 0)
            {
                while (ReadLine(limits.Head, ref trailer).Length > 0)
                {
                }

                return Join(parts, total);
            }

            total = Fits(total + size);
            byte[] part = new byte[size];
            Fill(part);
            parts.Add(part);
            used = 0;
            if (ReadLine(2, ref used).Length != 0)
            {
                throw Bad("a chunk is longer than it said");
            }
        }
    }

    private static byte[] Join(List<byte[]> parts, int total)
    {
        byte[] all = new byte[total];
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }

        return all;
    }

    private int Fits(long bytes) => bytes <= limits.Body
        ? (int)bytes
        : throw new FetchException(FetchFailure.TooLarge, $"fetch: the reply's body is larger than {limits.Body} bytes");

    private void Fill(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int count = Take(target);
            target = count > 0 ? target[count..] : throw Bad("it ended early");
        }
    }

    private int Take(Span<byte> target)
    {
        if (_begin == _end)
        {
            return read(target);
        }

        int count = Math.Min(target.Length, _end - _begin);
        _buffer.AsSpan(_begin, count).CopyTo(target);
        _begin += count;
        return count;
    }

    /// <summary>A line without its end. <paramref name="used"/> counts bytes over several lines against <paramref name="most"/>.</summary>
    private string ReadLine(int most, ref int used)
    {
        int scanned = _begin;
        while (true)
        {
            int at = _buffer.AsSpan(scanned, _end - scanned).IndexOf((byte)'\n');
            int length = (at < 0 ? _end : scanned + at + 1) - _begin;
            if (used + length > most)
            {
                throw most == limits.Head ? new FetchException(FetchFailure.TooLarge, $"fetch: the reply's head is larger than {most} bytes") : Bad("a line is too long");
            }

            if (at >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_begin, length - 1);
                _begin += length;
                used += length;
                return Encoding.Latin1.GetString(line is [.., (byte)'\r'] ? line[..^1] : line);
            }

            scanned = _end;
            if (_end == _buffer.Length)
            {
                // Shift to the front, or grow: never past the limit that was checked above, and one read more.
                byte[] next = _begin > 0 ? _buffer : new byte[_buffer.Length * 2];
                _buffer.AsSpan(_begin, _end - _begin).CopyTo(next);
                scanned -= _begin;
                _end -= _begin;
                _begin = 0;
                _buffer = next;
            }

            int count = read(_buffer.AsSpan(_end));
            _end += count > 0 ? count : throw Bad(_came ? "it ended early" : "nothing came");
            _came = true;
        }
    }

    private static FetchException Bad(string what) => new(FetchFailure.BadReply, $"fetch: the server's reply cannot be read: {what}");
}
