using System.Text.Json;
using System.Text.Unicode;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

/// <summary>
/// The first look at a control message in its JSON shape: is it one map, no deeper than allowed, in valid UTF-8 and with
/// every key once; which type does it name, which number does it carry, which fields does it have.
/// </summary>
internal sealed class MessageScan
{
    /// <summary>A set that grew larger than this is not reused: clearing it would cost its size for each small map that follows.</summary>
    private const int LargestReusedSet = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MessagePackLimits.MaxDepth };

    private readonly HashSet<string>?[] _keys = new HashSet<string>?[MessagePackLimits.MaxDepth + 1];

    private MessageScan()
    {
    }

    /// <summary>The value of <c>type</c>; null where there is none.</summary>
    public string? Type { get; private set; }

    /// <summary><c>seq</c> of a request, <c>re</c> of a reply.</summary>
    public ulong? Number { get; private set; }

    /// <summary>The fields that are there and not nil.</summary>
    public HashSet<string> Fields { get; } = [];

    /// <param name="json">One message.</param>
    /// <param name="number">The name of its number: <c>seq</c> or <c>re</c>.</param>
    /// <exception cref="JsonException">It is malformed; the message says where.</exception>
    public static MessageScan Read(ReadOnlySpan<byte> json, string number)
    {
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("the message is not valid UTF-8");
        }

        var scan = new MessageScan();
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"a map was expected, not {WholeNumbers.Describe(ref reader)}");
        }

        scan.Enter(depth: 1);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    scan.Enter(reader.CurrentDepth + 1);
                    break;
                case JsonTokenType.Number when !reader.TryGetDouble(out double value) || !double.IsFinite(value):
                    // It has no double, so it could not be passed on: a setting's value, say, to a MessagePack client.
                    throw new JsonException($"a number that is not finite, at byte {reader.TokenStartIndex}");
                case JsonTokenType.PropertyName:
                    string key = Key(ref reader);
                    if (!scan._keys[reader.CurrentDepth]!.Add(key))
                    {
                        throw new JsonException($"the key '{Shown(key)}' is there twice, at byte {reader.TokenStartIndex}");
                    }

                    if (reader.CurrentDepth == 1)
                    {
                        scan.Field(key, ref reader, number);
                    }

                    break;
            }
        }

        return scan;
    }

    /// <summary>A name from outside, short enough for an error message.</summary>
    public static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";

    private static string Key(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // JSON can spell a lone surrogate (\ud800); no UTF-8 text has one.
            throw new JsonException($"a key that is not valid Unicode, at byte {reader.TokenStartIndex}");
        }
    }

    private void Enter(int depth)
    {
        if (_keys[depth] is { Count: <= LargestReusedSet } keys)
        {
            keys.Clear();
        }
        else
        {
            _keys[depth] = new HashSet<string>();
        }
    }

    /// <summary>Looks at the value of a field of the message itself.</summary>
    private void Field(string key, ref Utf8JsonReader reader, string number)
    {
        // A copy looks ahead, so that the loop sees what is inside the value.
        Utf8JsonReader value = reader;
        value.Read();
        if (value.TokenType == JsonTokenType.Null)
        {
            return;
        }

        Fields.Add(key);
        if (key == "type")
        {
            Type = value.TokenType == JsonTokenType.String ? Key(ref value) : throw new JsonException($"type: a string was expected, not {WholeNumbers.Describe(ref value)}");
        }
        else if (key == number)
        {
            try
            {
                Number = WholeNumbers.ReadUnsigned(ref value, ulong.MaxValue);
            }
            catch (JsonException e)
            {
                throw new JsonException($"{number}: {e.Message}");
            }
        }
    }
}
