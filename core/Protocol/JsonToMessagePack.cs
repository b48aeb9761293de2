using System.Buffers;
using System.Text.Json;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

/// <summary>
/// JSON that Weft wrote, as MessagePack. Mirrors <see cref="MessagePackToJson"/>. MessagePack announces how much is in a
/// map or array, so all containers are counted first.
/// </summary>
internal static class JsonToMessagePack
{
    public static void Write(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        List<int> counts = Count(json);
        int container = 0;
        var writer = new MessagePackWriter(output);
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteMapHeader(counts[container++]);
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteArrayHeader(counts[container++]);
                    break;
                case JsonTokenType.PropertyName or JsonTokenType.String:
                    WriteText(ref reader, writer);
                    break;
                case JsonTokenType.Number:
                    WriteNumber(ref reader, writer);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    writer.WriteBoolean(reader.TokenType == JsonTokenType.True);
                    break;
                case JsonTokenType.Null:
                    writer.WriteNil();
                    break;
            }
        }
    }

    /// <summary>Elements or pairs of each container, in the order in which they begin.</summary>
    private static List<int> Count(ReadOnlySpan<byte> json)
    {
        List<int> counts = [];
        Stack<int> open = [];
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    CountValue(counts, open);
                    open.Push(counts.Count);
                    counts.Add(0);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    break; // its value counts
                default:
                    CountValue(counts, open);
                    break;
            }
        }

        return counts;
    }

    private static void CountValue(List<int> counts, Stack<int> open)
    {
        if (open.TryPeek(out int container))
        {
            counts[container]++;
        }
    }

    private static void WriteText(ref Utf8JsonReader reader, MessagePackWriter writer)
    {
        if (!reader.ValueIsEscaped)
        {
            writer.WriteUtf8(reader.ValueSpan);
            return;
        }

        byte[] unescaped = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        int length = reader.CopyString(unescaped);
        writer.WriteUtf8(unescaped.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(unescaped);
    }

    private static void WriteNumber(ref Utf8JsonReader reader, MessagePackWriter writer)
    {
        if (reader.TryGetUInt64(out ulong unsigned))
        {
            writer.WriteUInt64(unsigned);
        }
        else if (reader.TryGetInt64(out long signed))
        {
            writer.WriteInt64(signed);
        }
        else
        {
            writer.WriteDouble(reader.GetDouble());
        }
    }
}
