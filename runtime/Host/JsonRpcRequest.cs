using System.Text.Json;

namespace Weft.Runtime.Host;

/// <summary>One line of a guest: a request (with an id) or a notification (without). Its parts point into the line.</summary>
internal ref struct JsonRpcRequest
{
    /// <summary>Longest id that is sent back.</summary>
    private const int MaximumId = 256;

    /// <summary>The id as it was written; empty for a notification.</summary>
    public ReadOnlySpan<byte> Id { get; private set; }

    /// <summary>Empty where there is none, or none that is a string.</summary>
    public string Method { get; private set; }

    /// <summary>The parameters as they were written; empty where there are none.</summary>
    public ReadOnlySpan<byte> Parameters { get; private set; }

    /// <summary>True for an answer to a request, of which the host makes none.</summary>
    public bool IsAnswer { get; private set; }

    /// <summary>Reads a line; false where it is no object with <c>"jsonrpc":"2.0"</c>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out JsonRpcRequest request)
    {
        request = new JsonRpcRequest { Method = "" };
        bool version = false;
        try
        {
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("jsonrpc"u8))
                {
                    reader.Read();
                    version = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
                }
                else if (reader.ValueTextEquals("method"u8))
                {
                    reader.Read();
                    request.Method = reader.TokenType == JsonTokenType.String ? reader.GetString() ?? "" : "";
                }
                else if (reader.ValueTextEquals("id"u8))
                {
                    reader.Read();
                    bool scalar = reader.TokenType is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null;
                    ReadOnlySpan<byte> id = Value(line, ref reader);
                    request.Id = scalar && id.Length <= MaximumId ? id : "null"u8;
                }
                else if (reader.ValueTextEquals("params"u8))
                {
                    reader.Read();
                    request.Parameters = Value(line, ref reader);
                }
                else
                {
                    request.IsAnswer |= reader.ValueTextEquals("result"u8) || reader.ValueTextEquals("error"u8);
                    reader.Read();
                }

                reader.Skip();
            }

            // Anything after the object makes the line no object.
            return reader.TokenType == JsonTokenType.EndObject && !reader.Read() && version;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no UTF-8.
            return false;
        }
    }

    /// <summary>The value that begins at the reader's token, as it was written; moves the reader to its last token.</summary>
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, scoped ref Utf8JsonReader reader)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return line[start..(int)reader.BytesConsumed];
    }
}
