using System.Globalization;
using System.Text.Json;
using Weft.Core.Toml;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Core.Tests.Toml;

/// <summary>Every file of the toml-test corpus for TOML 1.0: what is valid reads as its JSON says, the rest is refused.</summary>
public sealed class TomlCorpusTests
{
    [SkippableFact]
    public void Every_valid_file_reads_as_its_json_says()
    {
        string[] files = Files("valid");
        Assert.True(files.Length > 100, $"{files.Length} files");
        foreach (string file in files)
        {
            TomlDocument document = TomlReader.Read(File.ReadAllBytes(file));
            Assert.True(document.Errors.Count == 0, $"{file}: {string.Join("; ", document.Errors)}");
            using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(file, ".json")));
            Compare(file, expected.RootElement, document.Root);
        }
    }

    [SkippableFact]
    public void Every_invalid_file_is_refused_at_a_place_inside_it()
    {
        string[] files = Files("invalid");
        Assert.True(files.Length > 200, $"{files.Length} files");
        foreach (string file in files)
        {
            TomlDocument document = TomlReader.Read(File.ReadAllBytes(file));
            Assert.True(document.Errors.Count > 0, $"{file} was read");
            int lines = File.ReadAllBytes(file).Count(static b => b == '\n') + 1;
            Assert.All(document.Errors, e => Assert.InRange(e.Position.Line, 1, lines));
            Assert.All(document.Errors, e => Assert.True(e.Position.Column >= 1));
        }
    }

    private static string[] Files(string kind)
    {
        string folder = Prerequisite.SharedFile(Path.Combine("testdata", "toml-test", kind));
        return Directory.GetFiles(folder, "*.toml", SearchOption.AllDirectories);
    }

    private static void Compare(string file, JsonElement expected, TomlValue actual)
    {
        if (expected.ValueKind == JsonValueKind.Array)
        {
            var array = Assert.IsType<TomlArray>(actual);
            Assert.True(expected.GetArrayLength() == array.Items.Count, $"{file}: another length");
            for (int i = 0; i < array.Items.Count; i++)
            {
                Compare(file, expected[i], array.Items[i]);
            }
        }
        else if (expected.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
        {
            string value = expected.GetProperty("value").GetString()!;
            Assert.True(Matches(type.GetString()!, value, actual), $"{file}, line {actual.Position.Line}: {type.GetString()} {value}, read as {actual.Kind}");
        }
        else
        {
            var table = Assert.IsType<TomlTable>(actual);
            Assert.True(expected.EnumerateObject().Count() == table.Entries.Count, $"{file}: another number of keys");
            foreach (JsonProperty property in expected.EnumerateObject())
            {
                Assert.True(table.TryGet(property.Name, out TomlEntry? entry), $"{file}: no key '{property.Name}'");
                Compare(file, property.Value, entry.Value);
            }
        }
    }

    private static bool Matches(string type, string expected, TomlValue actual) => actual switch
    {
        TomlString s => type == "string" && s.Value == expected,
        TomlInteger i => type == "integer" && i.Value == long.Parse(expected, CultureInfo.InvariantCulture),
        TomlFloat f => type == "float" && f.Value.Equals(Float(expected)),
        TomlBoolean b => type == "bool" && b.Value == (expected == "true"),
        TomlDateTime { Offset: not null } d => type == "datetime"
            && d.Date!.Value.ToDateTime(d.Time!.Value) - d.Offset.Value == Instant(expected),
        TomlDateTime { Date: not null, Time: not null } d => type == "datetime-local"
            && d.Date.Value.ToDateTime(d.Time.Value) == DateTime.Parse(expected, CultureInfo.InvariantCulture),
        TomlDateTime { Date: not null } d => type == "date-local" && d.Date == DateOnly.Parse(expected, CultureInfo.InvariantCulture),
        TomlDateTime d => type == "time-local" && d.Time == TimeOnly.Parse(expected, CultureInfo.InvariantCulture),
        _ => false,
    };

    private static DateTime Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime;

    private static double Float(string text) => text.TrimStart('+', '-') switch
    {
        "inf" => text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
        "nan" => double.NaN,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
