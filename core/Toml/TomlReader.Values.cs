using System.Buffers;
using System.Globalization;

namespace Weft.Core.Toml;

// Values but strings: https://toml.io/en/v1.0.0#integer and what follows there
public sealed partial class TomlReader
{
    /// <summary>Longest number or date that is looked at; the longest that means anything is far shorter.</summary>
    private const int MaximumToken = 1024;

    private static readonly SearchValues<char> ScalarEnd = SearchValues.Create(" \t\r\n#,]}=");

    private TomlValue ReadValue(int depth)
    {
        if (depth > _limits.Depth)
        {
            throw Error(Here, TooDeep);
        }

        TomlPosition position = Here;
        switch (Current)
        {
            case '"':
                return new TomlString(LooksAt("\"\"\"") ? ReadMultilineString('"') : ReadBasicString(), position);
            case '\'':
                return new TomlString(LooksAt("'''") ? ReadMultilineString('\'') : ReadLiteralString(), position);
            case '[':
                return ReadArray(depth);
            case '{':
                return ReadInlineTable(depth);
            default:
                return ReadScalar(position);
        }
    }

    private TomlArray ReadArray(int depth)
    {
        var array = new TomlArray(Here, ofTables: false);
        _at++;
        while (true)
        {
            SkipBlanksCommentsAndLines();
            if (Current == ']')
            {
                _at++;
                return array;
            }

            if (AtEnd)
            {
                throw Error(array.Position, "the array is not closed");
            }

            array.Add(ReadValue(depth + 1));
            SkipBlanksCommentsAndLines();
            if (Current == ',')
            {
                _at++;
            }
            else if (AtEnd)
            {
                throw Error(array.Position, "the array is not closed");
            }
            else if (Current != ']')
            {
                throw Error(Here, $"{ShownHere()} where ',' or ']' is expected in an array");
            }
        }
    }

    private TomlTable ReadInlineTable(int depth)
    {
        // Open for its own dotted keys while it is read: they reach only what they made inside it.
        var table = new TomlTable(Here, TableOrigin.Inline);
        _at++;
        SkipBlanks();
        if (Current == '}')
        {
            _at++;
            return table;
        }

        while (true)
        {
            SkipBlanks();
            ReadKeyValue(table, depth);
            SkipBlanks();
            if (Current == '}')
            {
                _at++;
                return Close(table);
            }

            if (AtEnd || Current != ',')
            {
                throw Error(Here, $"{ShownHere()} where ',' or '}}' is expected in a table in braces, which stands on one line");
            }

            _at++;
        }
    }

    /// <summary>Tables that dotted keys made inside braces are closed with them.</summary>
    private static TomlTable Close(TomlTable table)
    {
        foreach (TomlEntry entry in table.Entries)
        {
            if (entry.Value is TomlTable { Origin: TableOrigin.DottedKey } inner)
            {
                inner.Origin = TableOrigin.Inline;
                Close(inner);
            }
        }

        return table;
    }

    private void SkipBlanksCommentsAndLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (ReadNewline());
    }

    private TomlValue ReadScalar(TomlPosition position)
    {
        ReadOnlySpan<char> token = Token();
        if (token.IsEmpty)
        {
            throw Error(position, $"{ShownHere()} where a value is expected");
        }

        TomlValue? value = token switch
        {
            "true" => new TomlBoolean(true, position),
            "false" => new TomlBoolean(false, position),
            "inf" or "+inf" => new TomlFloat(double.PositiveInfinity, position),
            "-inf" => new TomlFloat(double.NegativeInfinity, position),
            "nan" or "+nan" or "-nan" => new TomlFloat(double.NaN, position),
            _ when LooksLikeDate(token) || LooksLikeTime(token) => ReadDateTime(ref token, position),
            _ => ReadNumber(token, position),
        };
        if (value is null)
        {
            throw Error(position, $"'{Shown(new string(token))}' is no value: strings stand in quotes");
        }

        _at += token.Length;
        return value;
    }

    /// <summary>What stands here up to a character that ends every scalar; cut at <see cref="MaximumToken"/>.</summary>
    private ReadOnlySpan<char> Token()
    {
        ReadOnlySpan<char> rest = _text.AsSpan(_at, Math.Min(MaximumToken, _text.Length - _at));
        int end = rest.IndexOfAny(ScalarEnd);
        return end < 0 ? rest : rest[..end];
    }

    private static bool LooksLikeDate(ReadOnlySpan<char> token) => token.Length >= 5 && token[4] == '-' && token[..4].IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool LooksLikeTime(ReadOnlySpan<char> token) => token.Length >= 3 && token[2] == ':' && token[..2].IndexOfAnyExceptInRange('0', '9') < 0;

    private static TomlValue? ReadNumber(ReadOnlySpan<char> token, TomlPosition position)
    {
        if (token.Length > 2 && token[0] == '0' && token[1] is 'x' or 'o' or 'b')
        {
            return ReadPrefixed(token, position);
        }

        // An exponent or a point makes a float; everything else is a decimal integer.
        bool isFloat = token.IndexOfAny(".eE") >= 0;
        if (!IsDecimal(token, isFloat))
        {
            return null;
        }

        Span<char> digits = stackalloc char[token.Length];
        int length = CopyWithoutUnderscores(token, digits);
        if (isFloat)
        {
            return new TomlFloat(double.Parse(digits[..length], NumberStyles.Float, CultureInfo.InvariantCulture), position);
        }

        return long.TryParse(digits[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? new TomlInteger(number, position)
            : throw Error(position, "the integer does not fit into 64 bits");
    }

    private static TomlInteger? ReadPrefixed(ReadOnlySpan<char> token, TomlPosition position)
    {
        int bits = token[1] switch { 'x' => 4, 'o' => 3, _ => 1 };
        ulong value = 0;
        bool afterDigit = false;
        foreach (char c in token[2..])
        {
            if (c == '_' && afterDigit)
            {
                afterDigit = false;
                continue;
            }

            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 16;
            if (digit >> bits != 0)
            {
                return null;
            }

            if (value >> (63 - bits) != 0)
            {
                throw Error(position, "the integer does not fit into 64 bits");
            }

            value = (value << bits) | (uint)digit;
            afterDigit = true;
        }

        return afterDigit ? new TomlInteger((long)value, position) : null;
    }

    /// <summary>Checks the grammar: sign, no leading zeros, underscores between digits only, digits on both sides of a point.</summary>
    private static bool IsDecimal(ReadOnlySpan<char> token, bool isFloat)
    {
        if (token[0] is '+' or '-')
        {
            token = token[1..];
        }

        if (!TakeDigits(ref token, out bool leadingZero) || leadingZero)
        {
            return false;
        }

        if (!isFloat)
        {
            return token.IsEmpty;
        }

        if (!token.IsEmpty && token[0] == '.')
        {
            token = token[1..];
            if (!TakeDigits(ref token, out _))
            {
                return false;
            }
        }

        if (!token.IsEmpty && token[0] is 'e' or 'E')
        {
            token = token[1..];
            if (!token.IsEmpty && token[0] is '+' or '-')
            {
                token = token[1..];
            }

            if (!TakeDigits(ref token, out _))
            {
                return false;
            }
        }

        return token.IsEmpty;
    }

    private static bool TakeDigits(ref ReadOnlySpan<char> token, out bool leadingZero)
    {
        int length = 0;
        while (length < token.Length
            && (char.IsAsciiDigit(token[length]) || (token[length] == '_' && length > 0 && token[length - 1] != '_')))
        {
            length++;
        }

        leadingZero = length > 1 && token[0] == '0';
        bool good = length > 0 && token[length - 1] != '_';
        token = token[length..];
        return good;
    }

    private static int CopyWithoutUnderscores(ReadOnlySpan<char> from, Span<char> to)
    {
        int length = 0;
        foreach (char c in from)
        {
            if (c != '_')
            {
                to[length++] = c;
            }
        }

        return length;
    }
}
