using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary>
/// The number of a session: positive, below 2^53 (so that JavaScript keeps it whole), rising, never reused
/// (docs/protocol.md, "Values"). <c>default</c> is no session.
/// </summary>
[JsonConverter(typeof(SessionIdConverter))]
public readonly record struct SessionId(ulong Value) : IComparable<SessionId>
{
    /// <summary>The largest number that a JavaScript number holds exactly: 2^53 - 1.</summary>
    public const ulong MaxValue = (1UL << 53) - 1;

    public static SessionId Parse(string text) =>
        TryParse(text, out SessionId id) ? id : throw new FormatException($"'{text}' is not a session id: a whole number from 1 to {MaxValue} was expected");

    public static bool TryParse(string? text, out SessionId id)
    {
        bool parsed = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value is > 0 and <= MaxValue;
        id = parsed ? new SessionId(value) : default;
        return parsed;
    }

    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    public static bool operator <(SessionId left, SessionId right) => left.Value < right.Value;

    public static bool operator >(SessionId left, SessionId right) => left.Value > right.Value;

    public static bool operator <=(SessionId left, SessionId right) => left.Value <= right.Value;

    public static bool operator >=(SessionId left, SessionId right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

internal sealed class SessionIdConverter : JsonConverter<SessionId>
{
    // 0 reads as an id that nobody has, so it is answered 404 (or not_found) like any other unknown one.
    public override SessionId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(WholeNumbers.ReadUnsigned(ref reader, SessionId.MaxValue));

    public override void Write(Utf8JsonWriter writer, SessionId value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}
