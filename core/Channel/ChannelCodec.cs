using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;

namespace Weft.Core.Channel;

/// <summary>Lines of the channel to and from bytes. A line is read without its newline and written with it.</summary>
public static class ChannelCodec
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MessagePackLimits.MaxDepth };

    private static readonly (string Name, JsonTypeInfo Json)[] Types =
    [
        ("ready", ChannelJson.Default.Ready),
        ("ipc", ChannelJson.Default.Ipc),
        ("notify", ChannelJson.Default.Notify),
        ("clipboard_read", ChannelJson.Default.ClipboardRead),
        ("clipboard_write", ChannelJson.Default.ClipboardWrite),
        ("used", ChannelJson.Default.Used),
        ("message", ChannelJson.Default.Message),
        ("closing", ChannelJson.Default.Closing),
        ("reply", ChannelJson.Default.Reply),
        ("revoked", ChannelJson.Default.Revoked),
        ("memory_pressure", ChannelJson.Default.MemoryPressure),
    ];

    private static readonly FrozenDictionary<string, JsonTypeInfo> ByName = Types.ToFrozenDictionary(type => type.Name, type => type.Json);
    private static readonly FrozenDictionary<Type, (string Name, JsonTypeInfo Json)> ByRecord = Types.ToFrozenDictionary(type => type.Json.Type);

    /// <exception cref="ChannelException">The line is none.</exception>
    public static ChannelLine ReadLine(ReadOnlySpan<byte> line)
    {
        try
        {
            (Envelope envelope, string? type) = Scan(line);
            if (envelope.Ack is { } ack)
            {
                return new AckLine(ack);
            }

            if (envelope.Refused is { } refused)
            {
                return new RefusedLine(refused);
            }

            if (envelope.Number is not { } number || number == 0 || type is null)
            {
                throw new ChannelException("a line of the channel has neither n and type, nor ack, nor refused");
            }

            ChannelMessage message = ByName.TryGetValue(type, out JsonTypeInfo? json)
                ? (ChannelMessage)JsonSerializer.Deserialize(line, json)!
                : new UnknownMessage(type);
            return new NumberedLine(number, message);
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    /// <summary>The first line of who connects.</summary>
    /// <exception cref="ChannelException">The line is none.</exception>
    public static PeerHello ReadPeerHello(ReadOnlySpan<byte> line) => ReadHello(line, ChannelJson.Default.PeerHello);

    /// <summary>The first line of who listens.</summary>
    /// <exception cref="ChannelException">The line is none.</exception>
    public static RuntimeHello ReadRuntimeHello(ReadOnlySpan<byte> line) => ReadHello(line, ChannelJson.Default.RuntimeHello);

    public static byte[] Write(PeerHello hello) => [.. JsonSerializer.SerializeToUtf8Bytes(hello, ChannelJson.Default.PeerHello), (byte)'\n'];

    public static byte[] Write(RuntimeHello hello) => [.. JsonSerializer.SerializeToUtf8Bytes(hello, ChannelJson.Default.RuntimeHello), (byte)'\n'];

    public static byte[] Write(AckLine ack) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"ack\":{ack.Number}}}\n"));

    public static byte[] Write(RefusedLine refused) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"refused\":{refused.Number}}}\n"));

    public static byte[] Write(NumberedLine line) => Number(line.Number, EncodeBody(line.Message));

    /// <summary>The end of a numbered line, from <c>"type"</c> on: what stays the same whatever its number.</summary>
    /// <exception cref="ChannelException">The line would be longer than a line may be.</exception>
    internal static byte[] EncodeBody(ChannelMessage message)
    {
        (string name, JsonTypeInfo json) = ByRecord[message.GetType()];
        using var body = new PooledBuffer();
        using (var writer = new Utf8JsonWriter(body, WriterOptions))
        {
            JsonSerializer.Serialize(writer, message, json);
        }

        ReadOnlySpan<byte> fields = body.Written[1..];
        byte[] line = [.. "\"type\":\""u8, .. Encoding.ASCII.GetBytes(name), (byte)'"', .. fields.Length > 1 ? ","u8 : [], .. fields, (byte)'\n'];
        const int numberAndBrace = 26;
        return line.Length + numberAndBrace <= ChannelLimits.MaxLine
            ? line
            : throw new ChannelException($"a line of type {name} has {line.Length} bytes; at most {ChannelLimits.MaxLine} are sent");
    }

    internal static byte[] Number(ulong number, byte[] body) =>
        [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{number},")), .. body];

    private static T ReadHello<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> json)
        where T : class
    {
        try
        {
            Scan(line);
            return JsonSerializer.Deserialize(line, json) ?? throw new ChannelException("the first line of the channel is nothing");
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    /// <summary>The numbers and the type of a line, and that it is one map in valid UTF-8.</summary>
    private static (Envelope Envelope, string? Type) Scan(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw new ChannelException("a line of the channel is not valid UTF-8");
        }

        var reader = new Utf8JsonReader(line, ReaderOptions);
        var envelope = default(Envelope);
        string? type = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ChannelException("a line of the channel is no map");
        }

        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            bool isNumber = reader.ValueTextEquals("n"u8);
            bool isAck = reader.ValueTextEquals("ack"u8);
            bool isRefused = reader.ValueTextEquals("refused"u8);
            bool isType = reader.ValueTextEquals("type"u8);
            Utf8JsonReader value = reader;
            value.Read();
            if (isType && value.TokenType == JsonTokenType.String)
            {
                type = Text(ref value);
            }
            else if (isNumber)
            {
                envelope.Number = WholeNumbers.ReadUnsigned(ref value, ulong.MaxValue);
            }
            else if (isAck)
            {
                envelope.Ack = WholeNumbers.ReadUnsigned(ref value, ulong.MaxValue);
            }
            else if (isRefused && value.TokenType == JsonTokenType.Number)
            {
                envelope.Refused = WholeNumbers.ReadUnsigned(ref value, ulong.MaxValue); // a list in the hellos
            }
        }

        return (envelope, type);
    }

    private static string Text(ref Utf8JsonReader value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ChannelException("the type of a line is not valid Unicode");
        }
    }

    private static ChannelException Malformed(JsonException e) =>
        new($"a malformed line of the channel: {(e.Path is { Length: > 2 } path ? path[2..] + ": " : "")}{e.Message}");

    private struct Envelope
    {
        public ulong? Number;
        public ulong? Ack;
        public ulong? Refused;
    }
}
