using System.Diagnostics.CodeAnalysis;

namespace Weft.Core.Toml;

/// <summary>A place in a file; lines and columns (in characters) begin at 1.</summary>
public readonly record struct TomlPosition(int Line, int Column);

/// <summary>One value of a TOML file, and where it stands.</summary>
public abstract class TomlValue
{
    private protected TomlValue(TomlPosition position) => Position = position;

    /// <summary>Where the value begins; for a table made by a header, where the header's name begins.</summary>
    public TomlPosition Position { get; }

    /// <summary>What it is, in words for messages: <c>a string</c>, <c>an integer</c>…</summary>
    public abstract string Kind { get; }
}

/// <summary>A string of any of the four kinds.</summary>
public sealed class TomlString(string value, TomlPosition position) : TomlValue(position)
{
    public string Value { get; } = value;

    public override string Kind => "a string";
}

/// <summary>A signed 64-bit integer.</summary>
public sealed class TomlInteger(long value, TomlPosition position) : TomlValue(position)
{
    public long Value { get; } = value;

    public override string Kind => "an integer";
}

/// <summary>A double.</summary>
public sealed class TomlFloat(double value, TomlPosition position) : TomlValue(position)
{
    public double Value { get; } = value;

    public override string Kind => "a float";
}

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed class TomlBoolean(bool value, TomlPosition position) : TomlValue(position)
{
    public bool Value { get; } = value;

    public override string Kind => "a boolean";
}

/// <summary>
/// A date, a time of day, or both; with an offset only where both are there. Fractions of a second beyond 100 ns are cut off.
/// </summary>
public sealed class TomlDateTime(DateOnly? date, TimeOnly? time, TimeSpan? offset, TomlPosition position) : TomlValue(position)
{
    public DateOnly? Date { get; } = date;

    public TimeOnly? Time { get; } = time;

    public TimeSpan? Offset { get; } = offset;

    public override string Kind => "a date or time";
}

/// <summary>An array, written with brackets or as an array of tables.</summary>
public sealed class TomlArray : TomlValue
{
    private readonly List<TomlValue> _items = [];

    internal TomlArray(TomlPosition position, bool ofTables)
        : base(position) => OfTables = ofTables;

    public IReadOnlyList<TomlValue> Items => _items;

    public override string Kind => "an array";

    /// <summary>Made by <c>[[…]]</c> headers, so that further ones may add to it.</summary>
    internal bool OfTables { get; }

    internal void Add(TomlValue value) => _items.Add(value);
}

/// <summary>A key of a table, its value, and where the key stands.</summary>
public sealed record TomlEntry(string Key, TomlPosition KeyPosition, TomlValue Value);

/// <summary>A table; its entries keep the order of the file.</summary>
public sealed class TomlTable : TomlValue
{
    // The default comparer of Dictionary hashes strings with a key of the process as soon as they collide.
    private readonly Dictionary<string, TomlEntry> _byKey = [];
    private readonly List<TomlEntry> _entries = [];

    internal TomlTable(TomlPosition position, TableOrigin origin)
        : base(position) => Origin = origin;

    public IReadOnlyList<TomlEntry> Entries => _entries;

    public override string Kind => "a table";

    /// <summary>What made the table, which decides what may still add to it.</summary>
    internal TableOrigin Origin { get; set; }

    public bool TryGet(string key, [NotNullWhen(true)] out TomlEntry? entry) => _byKey.TryGetValue(key, out entry);

    internal void Add(TomlEntry entry)
    {
        _byKey.Add(entry.Key, entry);
        _entries.Add(entry);
    }
}

/// <summary>What made a table.</summary>
internal enum TableOrigin
{
    /// <summary>A longer header named it on its way; a header of its own may still come.</summary>
    Implied,

    /// <summary>Its own header, or the file itself.</summary>
    Header,

    /// <summary>A dotted key; further dotted keys may add to it, a header may not.</summary>
    DottedKey,

    /// <summary>Braces: closed for good.</summary>
    Inline,
}
