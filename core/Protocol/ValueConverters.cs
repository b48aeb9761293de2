using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary>A yes or no; nil is the same as absent, which is no.</summary>
internal sealed class BooleanConverter : JsonConverter<bool>
{
    public override bool HandleNull => true;

    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw new JsonException($"true or false was expected, not {WholeNumbers.Describe(ref reader)}"),
    };

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
}

/// <summary>Text; what else stands there is named.</summary>
internal sealed class TextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"a string was expected, not {WholeNumbers.Describe(ref reader)}");
        }

        return Text(ref reader);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    /// <summary>The text of the string or key that the reader stands at.</summary>
    internal static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // JSON can spell a lone surrogate (\ud800); no UTF-8 text has one.
            throw new JsonException("the string is not valid Unicode");
        }
    }

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);
}

/// <summary>A value of any kind, a setting's say. Every text inside it is looked at when it is read: what is kept can be written again.</summary>
internal sealed class AnyValueConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A copy looks ahead: its depth is back at the start when the value is over, which for a scalar is at once.
        Utf8JsonReader inside = reader;
        bool nested = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        do
        {
            if (inside.ValueIsEscaped)
            {
                TextConverter.Text(ref inside);
            }
        }
        while (nested && inside.Read() && inside.CurrentDepth > reader.CurrentDepth);

        return JsonElement.ParseValue(ref reader);
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);
}

/// <summary>A double, written so that it stays one (<c>1.0</c>, not <c>1</c>) when it is transcoded to MessagePack.</summary>
internal sealed class DoubleConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double value) && double.IsFinite(value)
            ? value
            : throw new JsonException($"a finite number was expected, not {WholeNumbers.Describe(ref reader)}");

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "only finite numbers have a JSON form");
        }

        MessagePackToJson.WriteDouble(writer, value);
    }
}

/// <summary>Text that may also be written as a whole number (a limit of 64 or "64M", a request id of 7 or a UUID).</summary>
internal sealed class TextOrNumberConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => WholeNumbers.ReadUnsigned(ref reader, ulong.MaxValue).ToString(CultureInfo.InvariantCulture),
        _ => throw new JsonException($"a string or an integer was expected, not {WholeNumbers.Describe(ref reader)}"),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>An enum as its snake_case name; a number or an unknown name is refused with the names there are.</summary>
internal sealed class NameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly string[] Names = Array.ConvertAll(Enum.GetNames<T>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);
    private static readonly T[] Values = Enum.GetValues<T>();

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            for (int i = 0; i < Names.Length; i++)
            {
                if (reader.ValueTextEquals(Names[i]))
                {
                    return Values[i];
                }
            }
        }

        throw new JsonException($"one of {string.Join(", ", Names)} was expected, not {Shown(ref reader)}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Name(value));

    public static string Name(T value)
    {
        int index = Array.IndexOf(Values, value);
        return index >= 0 ? Names[index] : throw new ArgumentOutOfRangeException(nameof(value), value, "a value without a name");
    }

    private static string Shown(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= 40 ? $"'{reader.GetString()}'" : WholeNumbers.Describe(ref reader);
}
