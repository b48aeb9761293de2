using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weft.Core.Protocol;

namespace Weft.Core.Channel;

/// <summary>
/// Lines of the channel to and from bytes; mirrored by ChannelCodec.Reading.cs. A line is read without its newline and
/// written with it. By hand and without a serializer: the first line stands on the way of every launch.
/// </summary>
public static partial class ChannelCodec
{
    /// <summary>Bytes of <c>{"n":18446744073709551615,</c></summary>
    private const int LongestNumber = 26;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Write(PeerHello hello)
    {
        using var line = new PooledBuffer();
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("token"u8, hello.Token);
            WriteNumbers(json, hello.Taken, hello.Next, hello.Refused);
            json.WriteEndObject();
        }

        return WithNewline(line);
    }

    public static byte[] Write(RuntimeHello hello)
    {
        using var line = new PooledBuffer();
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            WriteNumbers(json, hello.Taken, hello.Next, hello.Refused);
            json.WriteBoolean("ready"u8, hello.Ready);
            if (hello.Report is { } report)
            {
                json.WritePropertyName("report"u8);
                report.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return WithNewline(line);
    }

    public static byte[] Write(AckLine ack) => [.. "{\"ack\":"u8, .. Digits(ack.Number), .. "}\n"u8];

    public static byte[] Write(RefusedLine refused) => [.. "{\"refused\":"u8, .. Digits(refused.Number), .. "}\n"u8];

    public static byte[] Write(NumberedLine line) => Number(line.Number, EncodeBody(line.Message));

    /// <summary>The end of a numbered line, from <c>"type"</c> on: what stays the same whatever its number.</summary>
    /// <exception cref="ChannelException">The line would be longer than a line may be.</exception>
    internal static byte[] EncodeBody(ChannelMessage message)
    {
        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body, WriterOptions))
        {
            json.WriteStartObject();
            WriteFields(json, message);
            json.WriteEndObject();
        }

        return body.Length + LongestNumber <= ChannelLimits.MaxLine
            ? [.. body.Written[1..], (byte)'\n']
            : throw new ChannelException($"a line of type {message.GetType().Name} has {body.Length} bytes; at most {ChannelLimits.MaxLine} are sent");
    }

    internal static byte[] Number(ulong number, byte[] body) => [.. "{\"n\":"u8, .. Digits(number), (byte)',', .. body];

    private static void WriteFields(Utf8JsonWriter json, ChannelMessage message)
    {
        switch (message)
        {
            case Ready:
                json.WriteString("type"u8, "ready"u8);
                break;
            case Ipc ipc:
                json.WriteString("type"u8, "ipc"u8);
                json.WriteString("payload"u8, ipc.Payload);
                break;
            case Notify notify:
                json.WriteString("type"u8, "notify"u8);
                json.WriteNumber("id"u8, notify.Id);
                json.WriteString("title"u8, notify.Title);
                json.WriteString("body"u8, notify.Body);
                WriteOptional(json, "icon"u8, notify.Icon);
                break;
            case ClipboardRead read:
                json.WriteString("type"u8, "clipboard_read"u8);
                json.WriteNumber("id"u8, read.Id);
                break;
            case ClipboardWrite write:
                json.WriteString("type"u8, "clipboard_write"u8);
                json.WriteNumber("id"u8, write.Id);
                json.WriteString("text"u8, write.Text);
                break;
            case Used used:
                json.WriteString("type"u8, "used"u8);
                json.WriteString("grant"u8, used.Grant);
                break;
            case Message given:
                json.WriteString("type"u8, "message"u8);
                json.WriteString("payload"u8, given.Payload);
                break;
            case Closing closing:
                json.WriteString("type"u8, "closing"u8);
                json.WriteNumber("grace_ms"u8, closing.GraceMs);
                break;
            case Reply reply:
                json.WriteString("type"u8, "reply"u8);
                json.WriteNumber("id"u8, reply.Id);
                WriteOptional(json, "text"u8, reply.Text);
                WriteOptional(json, "error"u8, reply.Error);
                break;
            case Revoked revoked:
                json.WriteString("type"u8, "revoked"u8);
                json.WriteString("grant"u8, revoked.Grant);
                break;
            case MemoryPressure pressure:
                json.WriteString("type"u8, "memory_pressure"u8);
                json.WriteString("level"u8, pressure.Level);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message.GetType(), "a message without a wire form");
        }
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, ulong taken, ulong next, IReadOnlyList<ulong>? refused)
    {
        json.WriteNumber("taken"u8, taken);
        json.WriteNumber("next"u8, next);
        if (refused is not null)
        {
            json.WriteStartArray("refused"u8);
            foreach (ulong number in refused)
            {
                json.WriteNumberValue(number);
            }

            json.WriteEndArray();
        }
    }

    private static byte[] WithNewline(PooledBuffer line) => [.. line.Written, (byte)'\n'];

    private static ReadOnlySpan<byte> Digits(ulong number)
    {
        byte[] digits = new byte[20];
        Utf8Formatter.TryFormat(number, digits, out int length);
        return digits.AsSpan(0, length);
    }
}
