using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Weft.Core.Protocol;

/// <summary>How a message is written: MessagePack on the Unix socket, JSON on the WebSocket.</summary>
public enum ControlEncoding
{
    MessagePack,
    Json,
}

/// <summary>
/// What a client sent: a request, or the error that answers it. Never both.
/// </summary>
/// <param name="Request">The request, where it is one.</param>
/// <param name="Error">What to answer where it is none: malformed, an unknown type, or one of a later version.</param>
/// <param name="Type">The type it named, as far as that could be read.</param>
/// <param name="Seq">Its number, which the reply carries as <c>re</c>, as far as that could be read.</param>
public readonly record struct ReceivedRequest(ControlRequest? Request, ErrorReply? Error, string? Type, ulong? Seq);

/// <summary>What appd sent. <see cref="Reply"/> is null where this version does not know the type: clients ignore those.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Re">The number of the request it answers.</param>
/// <param name="Json">The whole message in JSON.</param>
public sealed record ReceivedReply(ControlReply? Reply, string Type, ulong? Re, ReadOnlyMemory<byte> Json);

/// <summary>Control messages to and from bytes, in both encodings (docs/protocol.md).</summary>
public static partial class ControlCodec
{
    // Text is never HTML here; the default encoder would spell every non-ASCII letter in six bytes.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The wire name of a message's type.</summary>
    public static string TypeOf(ControlMessage message) => ControlTypes.ByRecord[message.GetType()].Name;

    /// <summary>Whether there is a broadcast or reply of that name; what <c>SUBSCRIBE {events}</c> may list.</summary>
    public static bool IsReplyType(string name) => ControlTypes.Replies.ContainsKey(name);

    /// <summary>Writes one message.</summary>
    /// <param name="number"><c>seq</c> of a request, <c>re</c> of a reply; null for a broadcast.</param>
    public static void Write(IBufferWriter<byte> output, ControlMessage message, ControlEncoding encoding, ulong? number = null)
    {
        if (encoding == ControlEncoding.Json)
        {
            WriteJson(output, message, number);
            return;
        }

        using var json = new PooledBuffer();
        WriteJson(json, message, number);
        JsonToMessagePack.Write(json.Written, output);
    }

    /// <summary>One message as bytes of their own.</summary>
    public static byte[] Encode(ControlMessage message, ControlEncoding encoding, ulong? number = null)
    {
        using var buffer = new PooledBuffer();
        Write(buffer, message, encoding, number);
        return buffer.Written.ToArray();
    }

    private static void WriteJson(IBufferWriter<byte> output, ControlMessage message, ulong? number)
    {
        ControlType type = ControlTypes.ByRecord[message.GetType()];
        using var body = new PooledBuffer();
        using (var writer = new Utf8JsonWriter(body, WriterOptions))
        {
            JsonSerializer.Serialize(writer, message, type.Json);
        }

        // The record is a map without type and number: they are put in front of its first field.
        output.Write("{\"type\":\""u8);
        output.Write(type.Utf8Name);
        output.Write("\""u8);
        if (number is { } n)
        {
            output.Write(message is ControlRequest ? ",\"seq\":"u8 : ",\"re\":"u8);
            Span<byte> digits = output.GetSpan(20);
            n.TryFormat(digits, out int length);
            output.Advance(length);
        }

        if (body.Length > 2)
        {
            output.Write(","u8);
        }

        output.Write(body.Written[1..]);
    }
}
