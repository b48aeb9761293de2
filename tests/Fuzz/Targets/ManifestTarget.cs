using System.Text;
using Weft.Core.Apps;

namespace Weft.Fuzz.Targets;

/// <summary>Manifests of packages: what is accepted keeps every promise that the rest of Weft relies on.</summary>
internal sealed class ManifestTarget : IFuzzTarget
{
    private const string Whole = """
        [package]
        id = "com.example.notes"
        name = "Notes"
        version = "1.2.0-a.1+b"
        description = "x"
        icon = "ui/icon.png"
        capabilities = ["fs:rw:app-data", "net:fetch:a.example:8443", "net:fetch:[::1]", "net:fetch:local"]
        [runtime]
        module = "app.wasm"
        interface = "none"
        ready = "start"
        args = ["-v"]
        env = { A = "b" }
        single = true
        [ui]
        entry = "ui/index.html"
        [limits]
        cpu = "50%"
        memory = "128M"
        tasks = 32
        linear_memory = "64M"
        [supervision]
        restart = "on-failure"
        restore = false

        """;

    public string Name => "manifest";

    public IEnumerable<byte[]> Seeds => [Encoding.UTF8.GetBytes(Whole)];

    public IEnumerable<byte[]> Words => ((string[])["../", "/", "\\u0000", "\\u202e", "net:fetch:", "*", ":0", "%", "G", "1.0.0", "a.b.c", "\"", "[ui]\n", "[limits]\n", ".svg", "é"]).Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        ManifestReport report = Manifest.Check(input, new MachineLimits());
        bool hasError = report.Findings.Any(static f => f.Severity == Severity.Error);
        if (report.Manifest is null != hasError)
        {
            throw new FuzzFindingException("an error and a manifest, or neither");
        }

        foreach (Finding finding in report.Findings)
        {
            if (finding.Line < 1 || finding.Column < 1 || Printable.HasHidden(finding.Message))
            {
                throw new FuzzFindingException($"a finding that cannot be shown: {finding}");
            }
        }

        if (report.Manifest is { } manifest)
        {
            CheckAccepted(manifest);
        }
    }

    private static void CheckAccepted(Manifest manifest)
    {
        string[] paths = [manifest.Module, manifest.UiEntry ?? "x", manifest.Icon ?? "x"];
        bool good = AppId.TryParse(manifest.Id.Value, out _)
            && manifest.Name.EnumerateRunes().Count() is >= 1 and <= Manifest.MaximumNameLength
            && paths.All(static p => PackagePaths.IsGood(p, out _) && Path.GetFullPath(p, "/root").StartsWith("/root/", StringComparison.Ordinal))
            && manifest.Capabilities.All(static c => Capability.Parse(c.Text).Equals(c))
            && manifest.Limits.Above(new MachineLimits()).Count == 0
            && manifest.Environment.All(static e => EnvironmentNames.IsGood(e.Key) && !e.Value.Contains('\0'))
            && manifest.Arguments.All(static a => !a.Contains('\0'))
            && AppVersion.TryParse(manifest.Version.ToFullString(), out _);
        if (!good)
        {
            throw new FuzzFindingException($"an accepted manifest breaks a rule: {manifest}");
        }
    }
}
