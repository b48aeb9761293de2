using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary>
/// Whole numbers of control messages. A float, a string, a negative number or one above the limit is a mistake of the
/// sender that is named exactly, never rounded (docs/protocol.md, "Values").
/// </summary>
internal static class WholeNumbers
{
    private const int LongestShown = 40;

    public static ulong ReadUnsigned(ref Utf8JsonReader reader, ulong largest)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value) && value <= largest)
        {
            return value;
        }

        throw new JsonException($"an integer from 0 to {largest} was expected, not {Describe(ref reader)}");
    }

    public static long ReadSigned(ref Utf8JsonReader reader, long smallest, long largest)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) && value >= smallest && value <= largest)
        {
            return value;
        }

        throw new JsonException($"an integer from {smallest} to {largest} was expected, not {Describe(ref reader)}");
    }

    /// <summary>What stands there, short enough for an error message.</summary>
    public static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan.Length <= LongestShown ? reader.ValueSpan : reader.ValueSpan[..LongestShown]),
        JsonTokenType.String => "a string",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "nothing",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "a map",
        _ => "something else",
    };
}

internal sealed class UInt64Converter : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WholeNumbers.ReadUnsigned(ref reader, SessionId.MaxValue);

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

internal sealed class UInt32Converter : JsonConverter<uint>
{
    public override uint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (uint)WholeNumbers.ReadUnsigned(ref reader, uint.MaxValue);

    public override void Write(Utf8JsonWriter writer, uint value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

internal sealed class Int64Converter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WholeNumbers.ReadSigned(ref reader, -(long)SessionId.MaxValue, (long)SessionId.MaxValue);

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

internal sealed class Int32Converter : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (int)WholeNumbers.ReadSigned(ref reader, int.MinValue, int.MaxValue);

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
