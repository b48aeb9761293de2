using System.Text.Json;
using System.Text.Unicode;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;

namespace Weft.Core.Channel;

public static partial class ChannelCodec
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MessagePackLimits.MaxDepth };

    /// <exception cref="ChannelException">The line is none.</exception>
    public static ChannelLine ReadLine(ReadOnlySpan<byte> line)
    {
        Fields fields = ReadFields(line);
        if (fields.Ack is { } ack)
        {
            return new AckLine(ack);
        }

        if (fields.Refused is { } refused)
        {
            return new RefusedLine(refused);
        }

        return fields is { Number: > 0, Type: { } type }
            ? new NumberedLine(fields.Number.Value, Message(type, fields))
            : throw new ChannelException("a line of the channel has neither n and type, nor ack, nor refused");
    }

    /// <summary>The first line of who connects.</summary>
    /// <exception cref="ChannelException">The line is none.</exception>
    public static PeerHello ReadPeerHello(ReadOnlySpan<byte> line)
    {
        Fields fields = ReadFields(line);
        return new PeerHello
        {
            Token = Needed(fields.Token, "token"),
            Taken = Needed(fields.Taken, "taken"),
            Next = Needed(fields.Next, "next"),
            Refused = fields.RefusedList,
        };
    }

    /// <summary>The first line of who listens.</summary>
    /// <exception cref="ChannelException">The line is none.</exception>
    public static RuntimeHello ReadRuntimeHello(ReadOnlySpan<byte> line)
    {
        Fields fields = ReadFields(line);
        return new RuntimeHello
        {
            Taken = Needed(fields.Taken, "taken"),
            Next = Needed(fields.Next, "next"),
            Refused = fields.RefusedList,
            Ready = fields.Ready,
            Report = fields.Report,
        };
    }

    private static ChannelMessage Message(string type, in Fields fields) => type switch
    {
        "ready" => new Ready(),
        "ipc" => new Ipc { Payload = Needed(fields.Payload, "payload") },
        "notify" => new Notify { Id = Needed(fields.Id, "id"), Title = Needed(fields.Title, "title"), Body = Needed(fields.Body, "body"), Icon = fields.Icon },
        "clipboard_read" => new ClipboardRead { Id = Needed(fields.Id, "id") },
        "clipboard_write" => new ClipboardWrite { Id = Needed(fields.Id, "id"), Text = Needed(fields.Text, "text") },
        "used" => new Used { Grant = Needed(fields.Grant, "grant") },
        "message" => new Message { Payload = Needed(fields.Payload, "payload") },
        "closing" => new Closing { GraceMs = (uint)Math.Min(Needed(fields.GraceMs, "grace_ms"), uint.MaxValue) },
        "reply" => new Reply { Id = Needed(fields.Id, "id"), Text = fields.Text, Error = fields.Error },
        "revoked" => new Revoked { Grant = Needed(fields.Grant, "grant") },
        "memory_pressure" => new MemoryPressure { Level = Needed(fields.Level, "level") },
        _ => new UnknownMessage(type),
    };

    private static T Needed<T>(T? value, string name)
        where T : class => value ?? throw Missing(name);

    private static T Needed<T>(T? value, string name)
        where T : struct => value ?? throw Missing(name);

    private static ChannelException Missing(string name) => new($"a malformed line of the channel: {name} is missing");

    private static Fields ReadFields(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw new ChannelException("a line of the channel is not valid UTF-8");
        }

        string field = "";
        try
        {
            return ReadFields(line, ref field);
        }
        catch (JsonException e)
        {
            throw new ChannelException($"a malformed line of the channel: {field}{e.Message}");
        }
        catch (InvalidOperationException)
        {
            // JSON can spell a lone surrogate (\ud800); no UTF-8 text has one.
            throw new ChannelException($"a malformed line of the channel: {field}the text is not valid Unicode");
        }
    }

    private static Fields ReadFields(ReadOnlySpan<byte> line, ref string field)
    {
        var fields = default(Fields);
        var reader = new Utf8JsonReader(line, ReaderOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ChannelException("a line of the channel is no map");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            field = MessageScan.Shown(name) + ": ";
            if (reader.TokenType == JsonTokenType.Null)
            {
                continue; // the same as absent
            }

            switch (name)
            {
                case "n":
                    fields.Number = Whole(ref reader);
                    break;
                case "ack":
                    fields.Ack = Whole(ref reader);
                    break;
                case "refused" when reader.TokenType == JsonTokenType.StartArray:
                    fields.RefusedList = WholeList(ref reader);
                    break;
                case "refused":
                    fields.Refused = Whole(ref reader);
                    break;
                case "taken":
                    fields.Taken = Whole(ref reader);
                    break;
                case "next":
                    fields.Next = Whole(ref reader);
                    break;
                case "id":
                    fields.Id = Whole(ref reader);
                    break;
                case "grace_ms":
                    fields.GraceMs = Whole(ref reader);
                    break;
                case "ready" when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                    fields.Ready = reader.GetBoolean();
                    break;
                case "report" when reader.TokenType == JsonTokenType.StartObject:
                    fields.Report = JsonElement.ParseValue(ref reader);
                    break;
                case "type":
                    fields.Type = Text(ref reader);
                    break;
                case "token":
                    fields.Token = Text(ref reader);
                    break;
                case "payload":
                    fields.Payload = Text(ref reader);
                    break;
                case "title":
                    fields.Title = Text(ref reader);
                    break;
                case "body":
                    fields.Body = Text(ref reader);
                    break;
                case "icon":
                    fields.Icon = Text(ref reader);
                    break;
                case "text":
                    fields.Text = Text(ref reader);
                    break;
                case "error":
                    fields.Error = Text(ref reader);
                    break;
                case "grant":
                    fields.Grant = Text(ref reader);
                    break;
                case "level":
                    fields.Level = Text(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        field = "";
        reader.Read(); // what stands behind the map is an error
        return fields;
    }

    private static ulong Whole(ref Utf8JsonReader reader) => WholeNumbers.ReadUnsigned(ref reader, ulong.MaxValue);

    private static List<ulong> WholeList(ref Utf8JsonReader reader)
    {
        List<ulong> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (numbers.Count == ChannelLimits.MaxRefusals)
            {
                throw new JsonException($"more than {ChannelLimits.MaxRefusals} refusals");
            }

            numbers.Add(Whole(ref reader));
        }

        return numbers;
    }

    private static string Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException($"a string was expected, not {WholeNumbers.Describe(ref reader)}");

    /// <summary>All fields that any line has; those of a later version are passed over.</summary>
    private struct Fields
    {
        public ulong? Number;
        public ulong? Ack;
        public ulong? Refused;
        public IReadOnlyList<ulong>? RefusedList;
        public ulong? Taken;
        public ulong? Next;
        public bool Ready;
        public JsonElement? Report;
        public string? Type;
        public string? Token;
        public ulong? Id;
        public ulong? GraceMs;
        public string? Payload;
        public string? Title;
        public string? Body;
        public string? Icon;
        public string? Text;
        public string? Error;
        public string? Grant;
        public string? Level;
    }
}
