using System.Text.Encodings.Web;
using System.Text.Json;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

/// <summary>
/// MessagePack from a socket in the JSON shape of control messages: a map as it is, and the array form of the seven
/// requests that have one (docs/protocol.md, "Array form"): the type first, then the fields in their order, which may
/// be short; what is longer than known is ignored, as unknown fields are.
/// </summary>
internal static class RequestArray
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A request, in either form.</summary>
    public static void WriteJson(ReadOnlySpan<byte> bytes, PooledBuffer json)
    {
        var reader = new MessagePackReader(bytes);
        if (reader.PeekType() != MessagePackType.Array)
        {
            WriteMap(bytes, json);
            return;
        }

        int left = reader.ReadArrayHeader();
        if (left == 0)
        {
            throw new MessagePackException("an empty array; the first element is the type", 0);
        }

        string name = reader.ReadString();
        if (!ControlTypes.Requests.TryGetValue(name, out ControlType? type))
        {
            throw new UnknownRequestException(name);
        }

        if (type.ArrayFields is not { } fields)
        {
            throw new MessagePackException($"{name} has no array form; send a map", 0);
        }

        using var writer = new Utf8JsonWriter(json, Options);
        writer.WriteStartObject();
        writer.WriteString("type"u8, name);
        for (int i = 0; i < left - 1; i++)
        {
            if (i < fields.Count)
            {
                writer.WritePropertyName(fields[i]);
                MessagePackToJson.Write(ref reader, writer, depth: 1);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.ExpectEnd();
        writer.WriteEndObject();
    }

    /// <summary>One value and nothing after it.</summary>
    public static void WriteMap(ReadOnlySpan<byte> bytes, PooledBuffer json)
    {
        var reader = new MessagePackReader(bytes);
        using var writer = new Utf8JsonWriter(json, Options);
        MessagePackToJson.Write(ref reader, writer, depth: 0);
        reader.ExpectEnd();
    }
}

/// <summary>An array whose first element names no request of this version.</summary>
internal sealed class UnknownRequestException(string type) : Exception("unknown request type " + type)
{
    public string Type { get; } = type;
}
