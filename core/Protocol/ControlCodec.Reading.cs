using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

public static partial class ControlCodec
{
    /// <summary>Reads one request. Whatever the bytes are, the result says what to answer; nothing is thrown.</summary>
    public static ReceivedRequest ReadRequest(ReadOnlySpan<byte> bytes, ControlEncoding encoding)
    {
        if (encoding == ControlEncoding.Json)
        {
            return ReadRequestJson(bytes);
        }

        using var json = new PooledBuffer(bytes.Length + 256);
        try
        {
            RequestArray.WriteJson(bytes, json);
        }
        catch (MessagePackException e)
        {
            return Malformed("bad MessagePack: " + e.Message, StraySeq.InMessagePack(bytes));
        }
        catch (UnknownRequestException e)
        {
            return Unknown(e.Type, seq: null);
        }

        return ReadRequestJson(json.Written);
    }

    /// <summary>Reads what appd sent.</summary>
    /// <exception cref="FormatException">It is no control message.</exception>
    public static ReceivedReply ReadReply(ReadOnlySpan<byte> bytes, ControlEncoding encoding)
    {
        using var transcoded = new PooledBuffer();
        ReadOnlySpan<byte> json = bytes;
        if (encoding == ControlEncoding.MessagePack)
        {
            RequestArray.WriteMap(bytes, transcoded);
            json = transcoded.Written;
        }

        string? name = null;
        try
        {
            MessageScan scan = MessageScan.Read(json, "re");
            name = scan.Type ?? throw new FormatException("a reply without a type");
            ControlReply? reply = null;
            if (ControlTypes.Replies.TryGetValue(name, out ControlType? type))
            {
                type.CheckRequired(scan.Fields);
                reply = (ControlReply)JsonSerializer.Deserialize(json, type.Json)!;
            }

            return new ReceivedReply(reply, name, scan.Number, json.ToArray());
        }
        catch (JsonException e)
        {
            throw new FormatException($"{name ?? "a reply"}: {Explain(e, name, ControlTypes.Replies)}", e);
        }
    }

    private static ReceivedRequest ReadRequestJson(ReadOnlySpan<byte> json)
    {
        MessageScan scan;
        try
        {
            scan = MessageScan.Read(json, "seq");
        }
        catch (JsonException e)
        {
            return Malformed("malformed message: " + Explain(e, null, ControlTypes.Requests), StraySeq.InJson(json));
        }

        if (scan.Type is not { } name)
        {
            return Malformed("malformed message: type is missing; send a map with a type", scan.Number);
        }

        if (!ControlTypes.Requests.TryGetValue(name, out ControlType? type))
        {
            return Unknown(name, scan.Number);
        }

        try
        {
            type.CheckRequired(scan.Fields);
            var request = (ControlRequest)JsonSerializer.Deserialize(json, type.Json)!;
            return new ReceivedRequest(request, null, name, scan.Number);
        }
        catch (JsonException e)
        {
            return new ReceivedRequest(null, Error($"{name}: {Explain(e, name, ControlTypes.Requests)}"), name, scan.Number);
        }
    }

    private static ReceivedRequest Malformed(string message, ulong? seq) => new(null, Error(message), null, seq);

    private static ReceivedRequest Unknown(string type, ulong? seq) => new(
        null,
        Error(ControlTypes.Later.Contains(type) ? $"{type}: not in this version" : $"{MessageScan.Shown(type)}: unknown request type"),
        type,
        seq);

    private static ErrorReply Error(string message) => new() { Code = ControlCode.Malformed, Message = message };

    /// <summary>Which field, and what is wrong with it.</summary>
    private static string Explain(JsonException e, string? name, IReadOnlyDictionary<string, ControlType> types)
    {
        string field = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "";
        string problem = e.Message;
        if (e.Source == "System.Text.Json" && field.Length > 0 && name is not null)
        {
            // System.Text.Json names C# types, which mean nothing to who wrote the message.
            problem = Expected(types[name].Json, field);
        }

        return field.Length > 0 ? $"{MessageScan.Shown(field)}: {problem}" : problem;
    }

    private static string Expected(JsonTypeInfo json, string path)
    {
        JsonPropertyInfo? property = json.Properties.FirstOrDefault(p => p.Name == path);
        JsonTypeInfoKind kind = property is null ? JsonTypeInfoKind.None : json.Options.GetTypeInfo(property.PropertyType).Kind;
        return kind switch
        {
            JsonTypeInfoKind.Enumerable => "a list was expected",
            JsonTypeInfoKind.Dictionary or JsonTypeInfoKind.Object => "a map was expected",
            _ => "the value is of another kind than expected",
        };
    }
}
