using Weft.Core.Toml;

namespace Weft.Core.Apps;

/// <summary>One table of a manifest while it is checked: hands out keys by type, and knows which were asked for.</summary>
internal sealed class ManifestSection(TomlTable table, string name, Action<TomlPosition, Severity, string> report)
{
    private readonly HashSet<string> _asked = [];

    /// <summary>Where the table stands.</summary>
    public TomlPosition Position => table.Position;

    /// <summary>The name of a key as messages show it: <c>package.id</c>.</summary>
    public string FullName(string key) => name.Length == 0 ? key : $"{name}.{key}";

    /// <summary>The value of a key where it is there and of the wanted type; a wrong type is reported.</summary>
    public T? Get<T>(string key, string wanted)
        where T : TomlValue
    {
        _asked.Add(key);
        if (!table.TryGet(key, out TomlEntry? entry))
        {
            return null;
        }

        if (entry.Value is T value)
        {
            return value;
        }

        report(entry.Value.Position, Severity.Error, $"{FullName(key)} is {entry.Value.Kind} where {wanted} is expected");
        return null;
    }

    public TomlString? String(string key) => Get<TomlString>(key, "a string");

    public bool Boolean(string key, bool otherwise) => Get<TomlBoolean>(key, "true or false")?.Value ?? otherwise;

    public bool Has(string key) => table.TryGet(key, out _);

    /// <summary>A table inside this one; an absent one counts as empty.</summary>
    public ManifestSection Section(string key) =>
        new(Get<TomlTable>(key, "a table") ?? TomlReader.Parse([]), FullName(key), report);

    /// <summary>The strings of an array, each with its place; members of another type are reported and left out.</summary>
    public IEnumerable<TomlString> Strings(string key)
    {
        foreach (TomlValue item in Get<TomlArray>(key, "an array of strings")?.Items ?? [])
        {
            if (item is TomlString text)
            {
                yield return text;
            }
            else
            {
                report(item.Position, Severity.Error, $"{FullName(key)} holds {item.Kind} where strings are expected");
            }
        }
    }

    /// <summary>One of a few words; anything else is reported and counts as absent.</summary>
    public T? Word<T>(string key, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (String(key) is not { } text)
        {
            return null;
        }

        var all = new List<string>();
        foreach ((string word, T value) in words)
        {
            if (word == text.Value)
            {
                return value;
            }

            all.Add(word);
        }

        report(text.Position, Severity.Error, $"{FullName(key)} is '{Printable.Quote(text.Value)}'; it can be {string.Join(", ", all)}");
        return null;
    }

    /// <summary>Reports keys that nothing asked for.</summary>
    public void WarnOfUnknownKeys()
    {
        foreach (TomlEntry entry in table.Entries)
        {
            if (!_asked.Contains(entry.Key))
            {
                report(entry.KeyPosition, Severity.Warning, $"unknown key '{Printable.Quote(FullName(entry.Key))}' is ignored");
            }
        }
    }
}
