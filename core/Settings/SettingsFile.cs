using Weft.Core.Apps;
using Weft.Core.Toml;
using Weft.Linux;

namespace Weft.Core.Settings;

/// <summary>A mistake in a file of settings (or in a variable, which then stands for the file).</summary>
public sealed record SettingsFinding(string File, Finding Finding)
{
    /// <summary><c>/etc/weft/appd.toml, line 3, column 5: message</c>.</summary>
    public override string ToString() => Finding.Line > 0 ? $"{File}, {Finding}" : $"{File}: {Finding}";
}

/// <summary>Reads one <c>appd.toml</c>: what is right counts, what is wrong is said, and the kiosk starts.</summary>
internal static class SettingsFile
{
    /// <summary>Largest file that is read.</summary>
    private const int MaximumBytes = 256 * 1024;

    private static readonly TomlLimits Limits = new() { Bytes = MaximumBytes, Depth = 8 };

    /// <summary>The values of a file by key; empty where there is no file.</summary>
    public static Dictionary<string, object> Read(string path, List<SettingsFinding> findings)
    {
        var values = new Dictionary<string, object>();
        byte[] bytes;
        try
        {
            using FileStream file = File.OpenRead(path);
            bytes = new byte[Math.Min(file.Length, MaximumBytes + 1)];
            file.ReadExactly(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return values;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Add(new(path, new Finding(0, 0, Severity.Error, $"cannot be read, so its settings do not count: {e.Message}")));
            return values;
        }

        TomlDocument document = TomlReader.Read(bytes, Limits);
        foreach (TomlError error in document.Errors)
        {
            Report(error.Position, Severity.Error, error.Message);
        }

        Walk(document.Root, "");
        return values;

        void Report(TomlPosition position, Severity severity, string message) =>
            findings.Add(new(path, new Finding(position.Line, position.Column, severity, message)));

        void Walk(TomlTable table, string prefix)
        {
            foreach (TomlEntry entry in table.Entries)
            {
                string key = prefix + entry.Key;
                if (SettingTable.ByKey.TryGetValue(key, out Setting? setting))
                {
                    object? raw = entry.Value switch
                    {
                        TomlString text => text.Value,
                        TomlInteger number => number.Value,
                        TomlBoolean boolean => boolean.Value,
                        _ => null,
                    };
                    string problem = $"{entry.Value.Kind} is no value for it";
                    if (raw is not null && setting.TryAccept(raw, out object value, out problem))
                    {
                        values[key] = value;
                    }
                    else
                    {
                        Report(entry.Value.Position, Severity.Error, $"{key}: {problem}; the default is used");
                    }
                }
                else if (entry.Value is TomlTable inner && SettingTable.All.Any(s => s.Key.StartsWith(key + ".", StringComparison.Ordinal)))
                {
                    Walk(inner, key + ".");
                }
                else
                {
                    Report(entry.KeyPosition, Severity.Warning, $"unknown setting '{Printable.Quote(key)}' is ignored");
                }
            }
        }
    }
}
