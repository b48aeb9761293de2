using System.Text;

namespace Weft.Core.Toml;

/// <summary>
/// Reads TOML 1.0 (https://toml.io/en/v1.0.0). A mistake ends its statement; reading goes on with the next line where
/// the mistake and the statement share one, so that a person sees all of them at once.
/// </summary>
public sealed partial class TomlReader
{
    private readonly string _text;
    private readonly TomlLimits _limits;
    private readonly List<TomlError> _errors = [];
    private readonly List<(string Name, TomlPosition Position)> _path = [];
    private readonly TomlTable _root = new(new TomlPosition(1, 1), TableOrigin.Header);
    private TomlTable _current;
    private int _currentDepth;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private TomlReader(string text, TomlLimits limits)
    {
        _text = text;
        _limits = limits;
        _current = _root;
    }

    private TomlPosition Here => new(_line, _at - _lineStart + 1);

    private bool AtEnd => _at >= _text.Length;

    /// <summary>The character at hand, or NUL at the end; a NUL of the file is refused wherever it stands.</summary>
    private char Current => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>Reads a file to the end and lists its mistakes.</summary>
    public static TomlDocument Read(ReadOnlySpan<byte> utf8, TomlLimits? limits = null)
    {
        limits ??= TomlLimits.Default;
        var empty = new TomlTable(new TomlPosition(1, 1), TableOrigin.Header);
        if (utf8.Length > limits.Bytes)
        {
            return new TomlDocument(empty, [new TomlError(new TomlPosition(1, 1), $"the file has {utf8.Length} bytes; at most {limits.Bytes} are read")]);
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        if (InvalidUtf8(utf8) is { } error)
        {
            return new TomlDocument(empty, [error]);
        }

        var reader = new TomlReader(Encoding.UTF8.GetString(utf8), limits);
        reader.ReadStatements();
        return new TomlDocument(reader._root, reader._errors);
    }

    /// <summary>Reads a file that must be right.</summary>
    /// <exception cref="TomlException">It is not; the first mistake.</exception>
    public static TomlTable Parse(ReadOnlySpan<byte> utf8, TomlLimits? limits = null)
    {
        TomlDocument document = Read(utf8, limits is null ? TomlLimits.Default with { Errors = 1 } : limits with { Errors = 1 });
        return document.Errors.Count == 0 ? document.Root : throw new TomlException(document.Errors[0]);
    }

    private static TomlError? InvalidUtf8(ReadOnlySpan<byte> utf8)
    {
        int line = 1;
        int column = 1;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int used) != System.Buffers.OperationStatus.Done)
            {
                return new TomlError(new TomlPosition(line, column), $"byte 0x{utf8[0]:X2} is not UTF-8");
            }

            utf8 = utf8[used..];
            column += rune.Utf16SequenceLength;
            if (rune.Value == '\n')
            {
                line++;
                column = 1;
            }
        }

        return null;
    }

    private void ReadStatements()
    {
        while (!AtEnd && _errors.Count < _limits.Errors)
        {
            int startLine = _line;
            try
            {
                ReadStatement();
            }
            catch (TomlException e)
            {
                _errors.Add(e.Error);
                // Inside a value of several lines nothing tells where the next statement begins: guesses would list mistakes that are none.
                if (_line != startLine)
                {
                    return;
                }

                int end = _text.IndexOf('\n', _at);
                _at = end < 0 ? _text.Length : end;
                ReadNewline();
            }
        }
    }

    private void ReadStatement()
    {
        SkipBlanks();
        if (AtEnd || Current is '\n' or '\r' or '#')
        {
            ReadEndOfLine();
            return;
        }

        if (Current == '[')
        {
            ReadHeader();
        }
        else
        {
            ReadKeyValue(_current, _currentDepth);
        }

        ReadEndOfLine();
    }

    private void ReadHeader()
    {
        _at++;
        bool array = Current == '[';
        if (array)
        {
            _at++;
        }

        // What follows a broken header must not be taken for keys of the table before it.
        _current = new TomlTable(Here, TableOrigin.Header);
        _currentDepth = 1;
        SkipBlanks();
        ReadDottedKey(depth: 0);
        SkipBlanks();
        Expect(']', "the table's name ends");
        if (array)
        {
            Expect(']', "the table's name ends");
        }

        TomlTable table = _root;
        for (int i = 0; i < _path.Count - 1; i++)
        {
            table = StepByHeader(table, i);
        }

        (string name, TomlPosition position) = _path[^1];
        _current = array ? AddToArrayOfTables(table, name, position) : DefineByHeader(table, name, position);
        _currentDepth = _path.Count + (array ? 1 : 0);
    }

    /// <summary>Goes one name of a header down, making the table where there is none.</summary>
    private TomlTable StepByHeader(TomlTable table, int index)
    {
        (string name, TomlPosition position) = _path[index];
        if (!table.TryGet(name, out TomlEntry? entry))
        {
            var made = new TomlTable(position, TableOrigin.Implied);
            table.Add(new TomlEntry(name, position, made));
            return made;
        }

        return entry.Value switch
        {
            TomlTable { Origin: not TableOrigin.Inline } inner => inner,
            TomlArray { OfTables: true } array => (TomlTable)array.Items[^1],
            _ => throw Error(position, $"'{Shown(name)}' is {Described(entry.Value)} since line {entry.KeyPosition.Line} and cannot be extended"),
        };
    }

    private static TomlTable DefineByHeader(TomlTable table, string name, TomlPosition position)
    {
        if (!table.TryGet(name, out TomlEntry? entry))
        {
            var made = new TomlTable(position, TableOrigin.Header);
            table.Add(new TomlEntry(name, position, made));
            return made;
        }

        if (entry.Value is TomlTable { Origin: TableOrigin.Implied } implied)
        {
            implied.Origin = TableOrigin.Header;
            return implied;
        }

        throw Error(position, $"'{Shown(name)}' is there already, as {Described(entry.Value)} since line {entry.KeyPosition.Line}");
    }

    private static TomlTable AddToArrayOfTables(TomlTable table, string name, TomlPosition position)
    {
        TomlArray array;
        if (!table.TryGet(name, out TomlEntry? entry))
        {
            array = new TomlArray(position, ofTables: true);
            table.Add(new TomlEntry(name, position, array));
        }
        else if (entry.Value is TomlArray { OfTables: true } existing)
        {
            array = existing;
        }
        else
        {
            throw Error(position, $"'{Shown(name)}' is there already, as {Described(entry.Value)} since line {entry.KeyPosition.Line}");
        }

        var made = new TomlTable(position, TableOrigin.Header);
        array.Add(made);
        return made;
    }

    /// <summary>Reads <c>a.b = value</c> into <paramref name="table"/>, which stands <paramref name="depth"/> levels deep.</summary>
    private void ReadKeyValue(TomlTable table, int depth)
    {
        ReadDottedKey(depth);
        // The path is copied out before the value, whose inline tables read keys of their own.
        (string name, TomlPosition position) = _path[^1];
        int levels = _path.Count;
        for (int i = 0; i < levels - 1; i++)
        {
            table = StepByDottedKey(table, i);
        }

        SkipBlanks();
        Expect('=', $"a value follows the key '{Shown(name)}'");
        SkipBlanks();
        TomlEntry? before = table.TryGet(name, out TomlEntry? entry) ? entry : null;
        TomlValue value = ReadValue(depth + levels);
        if (before is not null)
        {
            throw Error(position, $"'{Shown(name)}' is there already since line {before.KeyPosition.Line}");
        }

        table.Add(new TomlEntry(name, position, value));
    }

    private TomlTable StepByDottedKey(TomlTable table, int index)
    {
        (string name, TomlPosition position) = _path[index];
        if (!table.TryGet(name, out TomlEntry? entry))
        {
            var made = new TomlTable(position, TableOrigin.DottedKey);
            table.Add(new TomlEntry(name, position, made));
            return made;
        }

        return entry.Value is TomlTable { Origin: TableOrigin.DottedKey } inner
            ? inner
            : throw Error(position, $"'{Shown(name)}' is {Described(entry.Value)} since line {entry.KeyPosition.Line} and cannot be extended by a dotted key");
    }

    private void ReadDottedKey(int depth)
    {
        _path.Clear();
        while (true)
        {
            TomlPosition position = Here;
            if (depth + _path.Count >= _limits.Depth)
            {
                throw Error(position, TooDeep);
            }

            _path.Add((ReadSimpleKey(), position));
            int afterKey = _at;
            SkipBlanks();
            if (Current != '.')
            {
                _at = afterKey;
                return;
            }

            _at++;
            SkipBlanks();
        }
    }

    private string TooDeep => $"more than {_limits.Depth} levels of tables and arrays inside one another";

    private void SkipBlanks()
    {
        while (Current is ' ' or '\t')
        {
            _at++;
        }
    }

    /// <summary>Reads blanks and a comment up to the end of the line, and the newline itself.</summary>
    private void ReadEndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !ReadNewline())
        {
            throw Error(Here, $"{ShownHere()} where the line should end");
        }
    }

    private void SkipComment()
    {
        if (Current != '#')
        {
            return;
        }

        _at++;
        while (!AtEnd && Current != '\n' && !(Current == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n'))
        {
            RefuseControl("a comment");
            _at++;
        }
    }

    /// <summary>Reads LF or CRLF; a lone CR is no newline.</summary>
    private bool ReadNewline()
    {
        if (Current == '\n')
        {
            _at++;
        }
        else if (Current == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n')
        {
            _at += 2;
        }
        else
        {
            return false;
        }

        _line++;
        _lineStart = _at;
        return true;
    }

    private void Expect(char wanted, string because)
    {
        if (AtEnd || Current != wanted)
        {
            throw Error(Here, $"{ShownHere()} where '{wanted}' is expected: {because}");
        }

        _at++;
    }

    private void RefuseControl(string where)
    {
        char c = Current;
        if (c != '\t' && (c < ' ' || c == '\x7F'))
        {
            throw Error(Here, $"control character U+{(int)c:X4} in {where}");
        }
    }

    private string ShownHere()
    {
        if (AtEnd)
        {
            return "the file ends";
        }

        if (Current is '\n' or '\r')
        {
            return "the line ends";
        }

        Rune rune = Rune.GetRuneAt(_text, _at);
        return $"'{Apps.Printable.Quote(rune.ToString())}'";
    }

    private static string Shown(string name) => Apps.Printable.Quote(name);

    private static string Described(TomlValue value) => value switch
    {
        TomlTable { Origin: TableOrigin.Inline } => "a closed table in braces",
        TomlTable { Origin: TableOrigin.DottedKey } => "a table of dotted keys",
        TomlArray { OfTables: true } => "an array of tables",
        _ => value.Kind,
    };

    private static TomlException Error(TomlPosition position, string message) => new(new TomlError(position, message));
}
