using System.Globalization;
using System.Text;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>
/// A session's log: two files that take turns, made with the first output. Output is kept as it came, in chunks (a line
/// <c>@milliseconds stream bytes</c>, then the bytes), and cut into lines only when somebody reads: a flood costs a copy.
/// A place in the log is a byte offset that goes on over turns, so a reader knows where it was.
/// </summary>
internal sealed class SessionLog(string path, long fileBytes)
{
    /// <summary>Lines of one reply where the reader does not say, and at most.</summary>
    public const int DefaultLines = 200;
    public const int MostLines = 2000;

    /// <summary>A longer line is handed out in pieces.</summary>
    private const int LongestLine = 8 * 1024;

    /// <summary>What one reply holds of text at most; the reader asks again from <c>next</c>.</summary>
    private const int MostText = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly string _older = path + ".1";
    private long _base = -1; // guarded by _gate, as below: the log's offset at which the file begins; -1: not looked at yet
    private long _length;

    /// <summary>Adds output. <paramref name="stream"/> is <c>out</c>, <c>err</c> or <c>weft</c>.</summary>
    public void Append(long at, string stream, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            Locate();
            byte[] chunk = Chunk(at, stream, bytes);
            if (_length > 0 && _length + chunk.Length > fileBytes)
            {
                Files.Rename(path, _older);
                _base += _length;
                _length = 0;
            }

            using Descriptor file = Files.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow);
            if (_length == 0)
            {
                byte[] head = Head(_base);
                Files.WriteAt(file, head, 0);
                _length = head.Length;
            }

            Files.WriteAt(file, chunk, _length);
            _length += chunk.Length;
        }
    }

    /// <summary>The lines from <paramref name="since"/> on, or the last ones.</summary>
    public (List<LogEntry> Entries, ulong Next) Read(ulong? since, int lines)
    {
        lines = Math.Clamp(lines, 1, MostLines);
        lock (_gate)
        {
            Locate();
            var found = new Queue<(byte[] Content, Line Line)>();
            long next = Math.Max(_base + _length, 0);
            long from = since is { } offset ? (long)Math.Min(offset, long.MaxValue) : -1;
            long text = 0;
            foreach (string file in new[] { _older, path })
            {
                if (Content(file) is not { } content)
                {
                    continue;
                }

                foreach (Line line in Lines(content, from))
                {
                    if (since is not null && (found.Count == lines || text > MostText))
                    {
                        return (Texts(found), (ulong)found.Last().Line.End);
                    }

                    found.Enqueue((content, line));
                    text += line.Length;
                    while (since is null && (found.Count > lines || text > MostText) && found.Count > 1)
                    {
                        text -= found.Dequeue().Line.Length;
                    }
                }
            }

            return (Texts(found), (ulong)next);
        }
    }

    /// <summary>Removes the files.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            Files.Unlink(path);
            Files.Unlink(_older);
        }
    }

    private static byte[] Head(long begins) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"weft-log 1 {begins}\n"));

    private static byte[] Chunk(long at, string stream, ReadOnlySpan<byte> bytes)
    {
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"@{at} {stream} {bytes.Length}\n"));
        byte[] chunk = new byte[head.Length + bytes.Length + 1];
        head.CopyTo(chunk, 0);
        bytes.CopyTo(chunk.AsSpan(head.Length));
        chunk[^1] = (byte)'\n';
        return chunk;
    }

    /// <summary>Finds out where the newest file begins and ends: a log may be older than this daemon.</summary>
    private void Locate()
    {
        if (_base >= 0)
        {
            return;
        }

        byte[]? content = Content(path);
        _base = content is null ? 0 : BeginOf(content);
        _length = content?.Length ?? 0;
        if (content is null && Content(_older) is { } older)
        {
            _base = BeginOf(older) + older.Length;
        }
    }

    private static long BeginOf(ReadOnlySpan<byte> content)
    {
        int end = content.IndexOf((byte)'\n');
        string head = end > 0 && end < 64 ? Encoding.ASCII.GetString(content[..end]) : "";
        return head.StartsWith("weft-log 1 ", StringComparison.Ordinal)
            && long.TryParse(head.AsSpan("weft-log 1 ".Length), NumberStyles.None, CultureInfo.InvariantCulture, out long begins) ? begins : 0;
    }

    private byte[]? Content(string file)
    {
        try
        {
            return Files.ReadAll(file, (int)(fileBytes * 2) + (1 << 20));
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    private static List<LogEntry> Texts(IEnumerable<(byte[] Content, Line Line)> lines) =>
    [
        .. lines.Select(item => new LogEntry
        {
            At = item.Line.At,
            Stream = item.Line.Stream,
            Text = Encoding.UTF8.GetString(item.Content.AsSpan(item.Line.Start, item.Line.Length).TrimEnd((byte)'\r')),
        }),
    ];

    /// <summary>The lines of one file that end behind <paramref name="from"/>. Of a chunk that was cut off there is what there is.</summary>
    private static IEnumerable<Line> Lines(byte[] content, long from)
    {
        long begins = BeginOf(content);
        int place = content.AsSpan().IndexOf((byte)'\n') + 1;
        while (place > 0 && place < content.Length)
        {
            int end = content.AsSpan(place).IndexOf((byte)'\n');
            if (end < 0 || !TryReadHead(content.AsSpan(place, end), out long at, out string stream, out int length))
            {
                break;
            }

            int body = place + end + 1;
            int bodyEnd = body + Math.Min(length, content.Length - body);
            place = bodyEnd + 1;
            for (int line = body; line < bodyEnd;)
            {
                int start = line;
                int newline = content.AsSpan(line, bodyEnd - line).IndexOf((byte)'\n');
                int size = newline < 0 ? bodyEnd - line : newline;
                int taken = Math.Min(size, LongestLine);
                line += taken == size && newline >= 0 ? taken + 1 : taken;

                // The end of a chunk's last line is the end of the chunk, so that "next" never stops between the two.
                long where = begins + (line >= bodyEnd ? Math.Min(place, content.Length) : line);
                if (where > from)
                {
                    yield return new Line(at, stream, start, taken, where);
                }
            }
        }
    }

    private static bool TryReadHead(ReadOnlySpan<byte> head, out long at, out string stream, out int length)
    {
        (at, stream, length) = (0, "", 0);
        if (head.Length is 0 or > 64 || head[0] != '@')
        {
            return false;
        }

        string[] words = Encoding.ASCII.GetString(head[1..]).Split(' ');
        if (words.Length != 3)
        {
            return false;
        }

        stream = words[1];
        return long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out at)
            && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out length) && stream.Length > 0;
    }

    /// <summary>A line where it lies in a file's content, and the log's offset behind it.</summary>
    private readonly record struct Line(long At, string Stream, int Start, int Length, long End);
}
