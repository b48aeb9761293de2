using System.Text.Json;

namespace Weft.Runtime.Host;

/// <summary>Reads the members of a request's <c>params</c>.</summary>
internal static class JsonRpcParameters
{
    /// <summary>The members of these names, which must be strings; null for what is absent or null.</summary>
    /// <exception cref="FormatException">They are no object, or one of them is no string.</exception>
    public static string?[] Strings(ReadOnlySpan<byte> parameters, params ReadOnlySpan<string> names)
    {
        string?[] values = new string?[names.Length];
        Utf8JsonReader reader = Open(parameters);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int which = Which(ref reader, names);
            reader.Read();
            if (which >= 0)
            {
                values[which] = Text(ref reader, names[which]);
            }

            reader.Skip();
        }

        return values;
    }

    /// <summary>The parameters of <c>fetch</c>.</summary>
    /// <exception cref="FormatException">They are wrong; the message says what.</exception>
    public static FetchRequest Fetch(ReadOnlySpan<byte> parameters)
    {
        string? url = null;
        string? method = null;
        byte[]? body = null;
        var headers = new List<KeyValuePair<string, string>>();
        Utf8JsonReader reader = Open(parameters);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int which = Which(ref reader, ["url", "method", "body_b64", "headers"]);
            reader.Read();
            switch (which)
            {
                case 0:
                    url = Text(ref reader, "url");
                    break;
                case 1:
                    method = Text(ref reader, "method");
                    break;
                case 2 when reader.TokenType != JsonTokenType.Null:
                    if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out body))
                    {
                        throw new FormatException("body_b64 is no base64");
                    }

                    break;
                case 3 when reader.TokenType != JsonTokenType.Null:
                    Headers(ref reader, headers);
                    break;
            }

            reader.Skip();
        }

        return new FetchRequest(url ?? throw new FormatException("url is missing"), method ?? "GET", headers, body);
    }

    private static void Headers(ref Utf8JsonReader reader, List<KeyValuePair<string, string>> headers)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new FormatException("headers is no list of [name, value]");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            reader.Read();
            string? name = reader.TokenType == JsonTokenType.String ? Decoded(ref reader, "headers") : null;
            reader.Read();
            string? value = reader.TokenType == JsonTokenType.String ? Decoded(ref reader, "headers") : null;
            reader.Read();
            if (name is null || value is null || reader.TokenType != JsonTokenType.EndArray)
            {
                throw new FormatException("headers is no list of [name, value]");
            }

            headers.Add(new(name, value));
        }

        if (reader.TokenType != JsonTokenType.EndArray)
        {
            throw new FormatException("headers is no list of [name, value]");
        }
    }

    private static Utf8JsonReader Open(ReadOnlySpan<byte> parameters)
    {
        if (parameters.IsEmpty)
        {
            throw new FormatException("params is missing");
        }

        var reader = new Utf8JsonReader(parameters);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? reader : throw new FormatException("params is no object");
    }

    private static int Which(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<string> names)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (reader.ValueTextEquals(names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static string? Text(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => Decoded(ref reader, name),
        _ => throw new FormatException($"{name} is no string"),
    };

    private static string Decoded(ref Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"{name} is no UTF-8");
        }
    }
}
