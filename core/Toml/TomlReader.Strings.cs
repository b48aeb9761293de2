using System.Buffers;
using System.Globalization;
using System.Text;

namespace Weft.Core.Toml;

// Keys and strings: https://toml.io/en/v1.0.0#keys and #string
public sealed partial class TomlReader
{
    private static readonly SearchValues<char> BareKey =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private string ReadSimpleKey()
    {
        if (Current is '"' or '\'')
        {
            if (LooksAt(Current == '"' ? "\"\"\"" : "'''"))
            {
                throw Error(Here, "a key cannot be a string of several lines");
            }

            return Current == '"' ? ReadBasicString() : ReadLiteralString();
        }

        ReadOnlySpan<char> rest = _text.AsSpan(_at);
        int length = rest.IndexOfAnyExcept(BareKey);
        if (length < 0)
        {
            length = rest.Length;
        }

        if (length == 0)
        {
            throw Error(Here, $"{ShownHere()} where a key is expected: keys are letters, digits, - and _, or in quotes");
        }

        _at += length;
        return new string(rest[..length]);
    }

    private bool LooksAt(string text) => string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;

    private string ReadBasicString()
    {
        TomlPosition start = Here;
        _at++;
        int from = _at;
        StringBuilder? built = null;
        while (true)
        {
            if (AtEnd || Current is '\n')
            {
                throw Error(start, "the string is not closed on its line");
            }

            char c = Current;
            if (c == '"')
            {
                string tail = _text[from.._at];
                _at++;
                return built is null ? tail : built.Append(tail).ToString();
            }

            if (c == '\\')
            {
                built ??= new StringBuilder();
                built.Append(_text, from, _at - from);
                ReadEscape(built);
                from = _at;
            }
            else
            {
                RefuseControl("a string");
                _at++;
            }
        }
    }

    private string ReadLiteralString()
    {
        TomlPosition start = Here;
        _at++;
        int from = _at;
        while (true)
        {
            if (AtEnd || Current is '\n')
            {
                throw Error(start, "the string is not closed on its line");
            }

            if (Current == '\'')
            {
                return _text[from.._at++];
            }

            RefuseControl("a string");
            _at++;
        }
    }

    /// <summary>Reads a string of several lines; <paramref name="quote"/> is <c>"</c> for the basic, <c>'</c> for the literal kind.</summary>
    private string ReadMultilineString(char quote)
    {
        TomlPosition start = Here;
        _at += 3;
        var built = new StringBuilder();
        ReadNewline();
        while (true)
        {
            if (AtEnd)
            {
                throw Error(start, "the string of several lines is not closed");
            }

            int from = _at;
            if (ReadNewline())
            {
                built.Append(_text, from, _at - from);
            }
            else if (Current == quote)
            {
                int run = 1;
                while (_at + run < _text.Length && _text[_at + run] == quote && run < 6)
                {
                    run++;
                }

                // Up to two quotes may stand right before the closing three.
                if (run == 6)
                {
                    throw Error(Here, "six quotes in a row in a string of several lines");
                }

                _at += run;
                if (run >= 3)
                {
                    return built.Append(quote, run - 3).ToString();
                }

                built.Append(quote, run);
            }
            else if (Current == '\\' && quote == '"')
            {
                if (!SkipLineEndingBackslash())
                {
                    ReadEscape(built);
                }
            }
            else
            {
                RefuseControl("a string");
                built.Append(Current);
                _at++;
            }
        }
    }

    /// <summary>A backslash at the end of a line takes away all white space up to the next character.</summary>
    private bool SkipLineEndingBackslash()
    {
        int at = _at + 1;
        while (at < _text.Length && _text[at] is ' ' or '\t')
        {
            at++;
        }

        if (at >= _text.Length || !(_text[at] == '\n' || (_text[at] == '\r' && at + 1 < _text.Length && _text[at + 1] == '\n')))
        {
            return false;
        }

        _at = at;
        do
        {
            SkipBlanks();
        }
        while (ReadNewline());
        return true;
    }

    private void ReadEscape(StringBuilder into)
    {
        TomlPosition start = Here;
        _at++;
        char c = Current;
        bool ended = AtEnd;
        _at++;
        switch (c)
        {
            case 'b': into.Append('\b'); return;
            case 't': into.Append('\t'); return;
            case 'n': into.Append('\n'); return;
            case 'f': into.Append('\f'); return;
            case 'r': into.Append('\r'); return;
            case '"': into.Append('"'); return;
            case '\\': into.Append('\\'); return;
            case 'u': into.Append(ReadCodePoint(4, start).ToString()); return;
            case 'U': into.Append(ReadCodePoint(8, start).ToString()); return;
            default:
                _at--;
                throw Error(start, ended ? "the file ends after a backslash" : $"unknown escape '\\' and {ShownHere()}");
        }
    }

    private Rune ReadCodePoint(int digits, TomlPosition start)
    {
        if (_at + digits <= _text.Length
            && uint.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            && Rune.IsValid(value))
        {
            _at += digits;
            return new Rune(value);
        }

        throw Error(start, $"an escape needs {digits} hexadecimal digits of a Unicode character");
    }
}
