using System.CommandLine;
using System.Text.Json;
using Weft.Cli.Output;
using Weft.Core.Apps;
using Weft.Core.Settings;
using Weft.Core.Store;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack check DIR</c>: every mistake, with its line.</summary>
internal static class PackCheckCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("The package's folder");
        Option<bool> asJson = Inputs.Json();
        var command = new Command("check", "Report every mistake of a package") { folder, asJson };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            PackageReport report = PackageFolder.Check(path);
            List<Finding> findings = [.. report.Findings, .. AboveThisMachine(surroundings, report.Manifest)];
            int errors = findings.Count(static f => f.Severity == Severity.Error);
            if (parsed.GetValue(asJson))
            {
                WriteJson(surroundings, findings);
            }
            else
            {
                Write(surroundings, path, findings, report, errors);
            }

            return errors == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Limits above what this machine allows are no mistake of the package, but it will not start here.</summary>
    private static IEnumerable<Finding> AboveThisMachine(Surroundings surroundings, Manifest? manifest)
    {
        MachineLimits machine = SettingsStore.Load(surroundings.Paths).Current.Limits;
        return (manifest?.Limits.Above(machine) ?? []).Select(static above => new Finding(0, 0, Severity.Warning, $"limits.{above}"));
    }

    private static void Write(Surroundings surroundings, string path, List<Finding> findings, PackageReport report, int errors)
    {
        foreach (Finding finding in findings)
        {
            string place = finding.Line > 0 ? Path.Combine(path, Manifest.FileName) + ", " : path + ": ";
            surroundings.Error.WriteLine($"{place}{Show.Line(finding.ToString())}");
        }

        if (errors > 0)
        {
            surroundings.Error.WriteLine($"error: {path} has {errors} {(errors == 1 ? "mistake" : "mistakes")}; mend what is listed above");
        }
        else
        {
            surroundings.Out.WriteLine($"{report.Manifest!.Id} {report.Manifest.Version} is good{(report.Signature is null ? ", and not signed" : "")}");
        }
    }

    private static void WriteJson(Surroundings surroundings, List<Finding> findings) => Json.Write(surroundings.Out, json =>
    {
        json.WriteStartArray();
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity", finding.Severity == Severity.Error ? "error" : "warning");
            if (finding.Line > 0)
            {
                json.WriteNumber("line", finding.Line);
                json.WriteNumber("column", finding.Column);
            }

            json.WriteString("message", finding.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
