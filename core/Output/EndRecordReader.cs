using System.Text;
using System.Text.Json;
using Weft.Linux;

namespace Weft.Core.Output;

/// <summary>
/// Reads an end record whatever state it is in: a last line that was cut off, a line that is none, a file that is far too
/// large. It came from a process that is not trusted, so everything it says is bounded.
/// </summary>
public static class EndRecordReader
{
    /// <summary>Bytes of the file that are read; a record of ours has a few hundred.</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>Facts that are kept, the last ones.</summary>
    public const int MaxFacts = 64;

    /// <summary>Characters of a message or a fact.</summary>
    internal const int MaxText = 4096;

    /// <summary>Frames of a backtrace.</summary>
    internal const int MaxFrames = 64;

    /// <summary>Characters of a frame.</summary>
    internal const int MaxFrame = 512;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 4 };

    /// <param name="file">The end file; read from its start, by pread.</param>
    public static EndRecord Read(Descriptor file)
    {
        byte[] bytes = new byte[(int)Math.Min(Files.Stat(file).Size, MaxLength)];
        int length = Files.ReadAt(file, bytes, 0);
        return Parse(bytes.AsSpan(0, length));
    }

    /// <summary>Reads the lines of a record; nothing is thrown whatever they are.</summary>
    public static EndRecord Parse(ReadOnlySpan<byte> bytes)
    {
        var record = new EndRecord();
        var facts = new Queue<EndFact>();
        while (!bytes.IsEmpty)
        {
            int newline = bytes.IndexOf((byte)'\n');
            record = newline < 0 ? record with { Damaged = true } : Add(record, bytes[..newline], facts);
            bytes = newline < 0 ? [] : bytes[(newline + 1)..];
        }

        return record with { Facts = [.. facts] };
    }

    internal static string Name(GuestEnd kind) => kind switch
    {
        GuestEnd.Exited => "exited",
        GuestEnd.Trapped => "trapped",
        GuestEnd.Interrupted => "interrupted",
        _ => "refused",
    };

    private static EndRecord Add(EndRecord record, ReadOnlySpan<byte> line, Queue<EndFact> facts)
    {
        Line read;
        try
        {
            read = ReadLine(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is no valid Unicode.
            return record with { Damaged = true };
        }

        switch (read.Event)
        {
            case "began":
                return record with { Began = record.Began ?? read.At };
            case "fact" when read.What is not null:
                if (facts.Count == MaxFacts)
                {
                    facts.Dequeue();
                }

                facts.Enqueue(new EndFact(read.At, read.What));
                return record;
            case "ended" when record.Ended is null:
                return record with
                {
                    Ended = read.At,
                    Kind = Enum.GetValues<GuestEnd>().Cast<GuestEnd?>().FirstOrDefault(kind => Name(kind!.Value) == read.Kind),
                    ExitCode = read.ExitCode,
                    Trap = read.Trap,
                    Message = read.Message,
                    Backtrace = read.Backtrace,
                };
            default:
                return record; // an event of a later version, or a second end: the first one counts
        }
    }

    private static Line ReadLine(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, Options);
        var line = new Line();
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a line that is no map");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "event":
                    line.Event = Text(ref reader);
                    break;
                case "at" when reader.TokenType == JsonTokenType.Number:
                    line.At = reader.TryGetInt64(out long at) ? at : 0;
                    break;
                case "what":
                    line.What = Text(ref reader);
                    break;
                case "kind":
                    line.Kind = Text(ref reader);
                    break;
                case "exit_code" when reader.TokenType == JsonTokenType.Number:
                    line.ExitCode = reader.TryGetInt32(out int code) ? code : null;
                    break;
                case "trap":
                    line.Trap = Text(ref reader);
                    break;
                case "message":
                    line.Message = Text(ref reader);
                    break;
                case "backtrace" when reader.TokenType == JsonTokenType.StartArray:
                    line.Backtrace = Frames(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.Read(); // what stands behind the map is an error
        return line;
    }

    private static List<string> Frames(ref Utf8JsonReader reader)
    {
        List<string> frames = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Text(ref reader) is { } frame && frames.Count < MaxFrames)
            {
                frames.Add(frame.Length <= MaxFrame ? frame : frame[..MaxFrame]);
            }
        }

        return frames;
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        // What is kept goes into messages and logs: as long as allowed, and no control characters of a terminal.
        string text = reader.GetString()!;
        return Clean(text.Length <= MaxText ? text : text[..MaxText]);
    }

    private static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.Contains('\u007f', StringComparison.Ordinal))
        {
            return text;
        }

        var clean = new StringBuilder(text);
        for (int i = 0; i < clean.Length; i++)
        {
            if (char.IsControl(clean[i]) && clean[i] != '\n')
            {
                clean[i] = ' ';
            }
        }

        return clean.ToString();
    }

    private struct Line
    {
        public Line()
        {
        }

        public string? Event;
        public long At;
        public string? What;
        public string? Kind;
        public int? ExitCode;
        public string? Trap;
        public string? Message;
        public IReadOnlyList<string> Backtrace = [];
    }
}
