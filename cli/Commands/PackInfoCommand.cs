using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack info DIR</c>: what a package is.</summary>
internal static class PackInfoCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("The package's folder");
        Option<bool> asJson = Inputs.Json();
        var command = new Command("info", "Show what a package is: id, version, capabilities, digest, signature") { folder, asJson };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            PackageReport report = PackageFolder.Check(path);
            if (report.Manifest is not { } manifest || report.Digest is not { } digest)
            {
                throw CliException.Failed($"{path} is no good package; see weft pack check {path}");
            }

            string? signer = report.Signature is null ? null
                : new TrustedKeyFolders(surroundings.Paths.TrustedKeyFolders).Current().Verify(digest, report.Signature)?.Hex ?? "a key that is not trusted here";
            if (parsed.GetValue(asJson))
            {
                WriteJson(surroundings, manifest, digest, signer);
            }
            else
            {
                Write(surroundings.Out, manifest, digest, signer);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(TextWriter to, Manifest manifest, ContentDigest digest, string? signer)
    {
        Line("id", manifest.Id.Value);
        Line("name", manifest.Name);
        Line("version", manifest.Version.ToFullString());
        Line("description", manifest.Description);
        Line("author", manifest.Author);
        Line("capabilities", manifest.Capabilities.ToString());
        Line("module", manifest.Module);
        Line("interface", manifest.Interface == AppInterface.JsonRpc ? "jsonrpc" : "none");
        Line("page", manifest.UiEntry);
        RequestedLimits limits = manifest.Limits;
        Line("cpu", limits.CpuPercent is { } cpu ? Amounts.FormatCpu(cpu) : null);
        Line("memory", limits.MemoryBytes is { } memory ? Amounts.FormatBytes(memory) : null);
        Line("tasks", limits.Tasks?.ToString());
        Line("linear memory", limits.LinearMemoryBytes is { } linear ? Amounts.FormatBytes(linear) : null);
        Line("digest", digest.ToString());
        Line("signed by", signer);

        void Line(string name, string? text) => to.WriteLine($"{name,-14} {(string.IsNullOrEmpty(text) ? "-" : Show.Line(text))}");
    }

    private static void WriteJson(Surroundings surroundings, Manifest manifest, ContentDigest digest, string? signer) => Json.Write(surroundings.Out, json =>
    {
        json.WriteStartObject();
        json.WriteString("id", manifest.Id.Value);
        json.WriteString("name", manifest.Name);
        json.WriteString("version", manifest.Version.ToFullString());
        json.WriteString("description", manifest.Description);
        json.WriteString("author", manifest.Author);
        json.WriteStartArray("capabilities");
        foreach (Capability capability in manifest.Capabilities)
        {
            json.WriteStringValue(capability.Text);
        }

        json.WriteEndArray();
        json.WriteString("module", manifest.Module);
        json.WriteString("interface", manifest.Interface == AppInterface.JsonRpc ? "jsonrpc" : "none");
        json.WriteString("ui", manifest.UiEntry);
        json.WriteString("digest", digest.ToString());
        json.WriteString("signed_by", signer);
        json.WriteEndObject();
    });
}
