using System.Globalization;
using Weft.Core.Apps;

namespace Weft.Core.Settings;

/// <summary>What form a setting's value has.</summary>
public enum SettingForm
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A string that is empty or an absolute path.</summary>
    FilePath,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A whole number between <see cref="Setting.Least"/> and <see cref="Setting.Most"/>.</summary>
    WholeNumber,

    /// <summary>A string of whole percents of one processor: <c>"50%"</c>.</summary>
    Cpu,

    /// <summary>A string of bytes with K, M or G: <c>"128M"</c>.</summary>
    Bytes,

    /// <summary>One of <see cref="Setting.Words"/>.</summary>
    Word,
}

/// <summary>
/// The definition of one setting. A value is kept in one canonical form whatever file it came from: string, long or bool,
/// as TOML, JSON and people write it.
/// </summary>
public sealed record Setting
{
    private const int MaximumText = 4096;

    /// <summary>Dotted, as in the table of docs/settings.md and on the control socket.</summary>
    public required string Key { get; init; }

    public required SettingForm Form { get; init; }

    /// <summary>The value where nothing else is said; null where <see cref="DefaultFrom"/> gives it.</summary>
    public object? Default { get; init; }

    /// <summary>The key whose value is the default of this one.</summary>
    public string? DefaultFrom { get; init; }

    /// <summary>Smallest whole number.</summary>
    public long Least { get; init; }

    /// <summary>Largest whole number.</summary>
    public long Most { get; init; }

    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The environment variable that goes over all files.</summary>
    public string? Variable { get; init; }

    /// <summary>Policy of the machine: what /etc says about it nobody else changes, the user's file neither.</summary>
    public bool Policy { get; init; }

    /// <summary>One line for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Brings a value (string, long or bool) into its canonical form; otherwise says what is wrong with it.</summary>
    public bool TryAccept(object raw, out object value, out string problem)
    {
        value = raw;
        problem = (Form, raw) switch
        {
            (SettingForm.Boolean, bool) => "",
            (SettingForm.WholeNumber, long number) => number >= Least && number <= Most ? "" : WrongNumber(number),
            (SettingForm.Word, string word) => Words.Contains(word) ? "" : $"'{Printable.Quote(word)}' is none of {string.Join(", ", Words)}",
            (SettingForm.Cpu, string cpu) => Amounts.TryParseCpu(cpu, out _, out string said) ? "" : said,
            (SettingForm.Bytes, string bytes) => Amounts.TryParseBytes(bytes, out _, out string said) ? "" : said,
            (SettingForm.Text, string text) => WrongText(text),
            (SettingForm.FilePath, string path) => path.Length == 0 || path[0] == '/' ? WrongText(path) : $"'{Printable.Quote(path)}' is no absolute path",
            _ => $"{Kind(raw)} stands where {Wanted} is expected",
        };
        return problem.Length == 0;
    }

    /// <summary>Reads a value from a text, as an environment variable or a command line gives it.</summary>
    public bool TryReadText(string text, out object value, out string problem)
    {
        object raw = Form switch
        {
            SettingForm.WholeNumber when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) => number,
            SettingForm.Boolean when text is "true" or "false" => text == "true",
            _ => text,
        };
        return TryAccept(raw, out value, out problem);
    }

    private string Wanted => Form switch
    {
        SettingForm.Boolean => "true or false",
        SettingForm.WholeNumber => "a whole number",
        _ => "a string",
    };

    private static string Kind(object raw) => raw switch
    {
        string => "a string",
        long => "a number",
        bool => "a boolean",
        _ => "something else",
    };

    private string WrongNumber(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} is out of range: {Least} to {Most}");

    private static string WrongText(string text) =>
        text.Length > MaximumText ? $"the text is longer than {MaximumText} characters"
        : Printable.HasHidden(text) ? "the text holds control or invisible characters"
        : "";
}
