using Weft.Core.Settings;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Core.Tests.Settings;

public sealed class SettingTableTests
{
    [Fact]
    public void The_documentation_holds_the_same_table()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(Prerequisite.Root, "docs", "settings.md")).Where(static l => l.StartsWith("| `", StringComparison.Ordinal))];
        Assert.Equal(SettingTable.All.Select(Row), rows);
    }

    [Fact]
    public void Every_default_is_a_value_that_its_setting_accepts()
    {
        foreach (Setting setting in SettingTable.All)
        {
            Assert.True(setting.Default is null != setting.DefaultFrom is null, setting.Key);
            if (setting.Default is not null)
            {
                Assert.True(setting.TryAccept(setting.Default, out _, out string problem), $"{setting.Key}: {problem}");
            }
        }
    }

    private static string Row(Setting setting)
    {
        string form = setting.Form switch
        {
            SettingForm.Text => "text",
            SettingForm.FilePath => "absolute path",
            SettingForm.Boolean => "true, false",
            SettingForm.WholeNumber => $"{setting.Least} to {setting.Most}",
            SettingForm.Cpu => "percent",
            SettingForm.Bytes => "memory",
            _ => string.Join(", ", setting.Words.Select(static w => $"\"{w}\"")),
        };
        string standard = setting.Default switch
        {
            null => $"`{setting.DefaultFrom}`",
            string text => $"\"{text}\"",
            bool boolean => boolean ? "true" : "false",
            object other => other.ToString()!,
        };
        return $"| `{setting.Key}` | {form} | {standard} | {(setting.Policy ? "yes" : "")} | {(setting.Variable is { } v ? $"`{v}`" : "")} | {setting.Summary} |";
    }
}
