using System.Text;
using NuGet.Versioning;
using Weft.Core.Toml;

namespace Weft.Core.Apps;

public sealed partial record Manifest
{
    /// <summary>Longest name for people, in characters.</summary>
    public const int MaximumNameLength = 64;

    /// <summary>Most capabilities of one app: a person has to read them.</summary>
    public const int MaximumCapabilities = 64;

    private static readonly TomlLimits FileLimits = new() { Bytes = MaximumBytes, Depth = 16 };

    /// <summary>Reads a manifest to the end and reports every mistake with its place. Never throws for what the bytes hold.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="machine">What the machine's settings allow; limits above are errors. Null leaves that unchecked.</param>
    public static ManifestReport Check(ReadOnlySpan<byte> bytes, MachineLimits? machine = null)
    {
        TomlDocument document = TomlReader.Read(bytes, FileLimits);
        return new Checker(document, machine).Run();
    }

    private sealed class Checker(TomlDocument document, MachineLimits? machine)
    {
        private readonly List<Finding> _findings = [];

        public ManifestReport Run()
        {
            foreach (TomlError error in document.Errors)
            {
                Report(error.Position, Severity.Error, error.Message);
            }

            var root = new ManifestSection(document.Root, "", Report);
            ManifestSection package = root.Section("package");
            AppId id = ReadId(package);
            string name = ReadName(package);
            SemanticVersion? version = ReadVersion(package);
            string description = ReadText(package, "description", lines: true);
            string author = ReadText(package, "author", lines: false);
            string? icon = ReadIcon(package);
            CapabilitySet capabilities = ReadCapabilities(package);
            package.WarnOfUnknownKeys();

            ManifestSection runtime = root.Section("runtime");
            string module = ReadPath(runtime, "module")?.Value ?? "app.wasm";
            AppInterface @interface = runtime.Word("interface", ("jsonrpc", AppInterface.JsonRpc), ("none", AppInterface.None)) ?? AppInterface.JsonRpc;
            ReadyMode? ready = runtime.Word("ready", ("call", ReadyMode.Call), ("start", ReadyMode.Start));
            if (ready == ReadyMode.Call && @interface == AppInterface.None)
            {
                Report(runtime.String("ready")!.Position, Severity.Warning, "runtime.ready is 'call' and the interface 'none': only a component can say that it is ready then");
            }

            List<string> arguments = ReadArguments(runtime);
            List<KeyValuePair<string, string>> environment = ReadEnvironment(runtime);
            bool single = runtime.Boolean("single", otherwise: false);
            runtime.WarnOfUnknownKeys();

            ManifestSection ui = root.Section("ui");
            string? entry = ReadPath(ui, "entry")?.Value;
            if (root.Has("ui") && !ui.Has("entry"))
            {
                Missing(ui.Position, "ui.entry", "name the page, such as \"ui/index.html\", or leave [ui] out for a service");
            }

            ui.WarnOfUnknownKeys();
            RequestedLimits limits = ReadLimits(root.Section("limits"));

            ManifestSection supervision = root.Section("supervision");
            RestartPolicy restart = supervision.Word(
                "restart", ("never", RestartPolicy.Never), ("on-failure", RestartPolicy.OnFailure), ("always", RestartPolicy.Always)) ?? RestartPolicy.Never;
            bool restore = supervision.Boolean("restore", otherwise: true);
            supervision.WarnOfUnknownKeys();
            root.WarnOfUnknownKeys();

            // A stable sort: what stands at one place keeps the order in which it was found.
            List<Finding> findings = [.. _findings.OrderBy(static f => f.Line).ThenBy(static f => f.Column)];
            if (findings.Exists(static f => f.Severity == Severity.Error))
            {
                return new ManifestReport(null, findings);
            }

            var manifest = new Manifest
            {
                Id = id,
                Name = name,
                Version = version!,
                Description = description,
                Author = author,
                Icon = icon,
                Capabilities = capabilities,
                Module = module,
                Interface = @interface,
                Ready = ready ?? (@interface == AppInterface.None ? ReadyMode.Start : ReadyMode.Call),
                Arguments = arguments,
                Environment = environment,
                Single = single,
                UiEntry = entry,
                Limits = limits,
                Restart = restart,
                Restore = restore,
            };
            return new ManifestReport(manifest, findings);
        }

        private void Report(TomlPosition position, Severity severity, string message) =>
            _findings.Add(new Finding(position.Line, position.Column, severity, message));

        private void Error(TomlValue value, string message) => Report(value.Position, Severity.Error, message);

        /// <summary>Says that a key is missing, unless a part of the file could not be read and may hold it.</summary>
        private void Missing(TomlPosition position, string key, string remedy)
        {
            if (document.Errors.Count == 0)
            {
                Report(position, Severity.Error, $"{key} is missing: {remedy}");
            }
        }

        private AppId ReadId(ManifestSection package)
        {
            AppId id = default;
            if (package.String("id") is { } text)
            {
                if (!AppId.TryParse(text.Value, out id))
                {
                    Error(text, $"package.id '{Printable.Quote(text.Value)}' is no app id: {AppId.Rule}");
                }
            }
            else if (!package.Has("id"))
            {
                Missing(package.Position, "package.id", AppId.Rule);
            }

            return id;
        }

        private string ReadName(ManifestSection package)
        {
            if (package.String("name") is not { } text)
            {
                if (!package.Has("name"))
                {
                    Missing(package.Position, "package.name", $"1 to {MaximumNameLength} characters for people to read");
                }

                return "";
            }

            int length = text.Value.EnumerateRunes().Count();
            if (length > MaximumNameLength || string.IsNullOrWhiteSpace(text.Value))
            {
                Error(text, $"package.name has {length} characters; it needs 1 to {MaximumNameLength} that can be seen");
            }

            RefuseHidden(text, "package.name", lines: false);
            return text.Value;
        }

        private SemanticVersion? ReadVersion(ManifestSection package)
        {
            if (package.String("version") is not { } text)
            {
                if (!package.Has("version"))
                {
                    Missing(package.Position, "package.version", "a version such as \"1.0.0\" (semver.org)");
                }

                return null;
            }

            if (!AppVersion.TryParse(text.Value, out SemanticVersion? version))
            {
                Error(text, $"package.version '{Printable.Quote(text.Value)}' is no version: write three numbers, such as \"1.0.0\" (semver.org)");
            }

            return version;
        }

        private string ReadText(ManifestSection section, string key, bool lines)
        {
            if (section.String(key) is not { } text)
            {
                return "";
            }

            RefuseHidden(text, section.FullName(key), lines);
            return text.Value;
        }

        private void RefuseHidden(TomlString text, string key, bool lines)
        {
            foreach (Rune rune in text.Value.EnumerateRunes())
            {
                // The two joiners shape letters and emoji of real names; a description may have lines.
                if (Printable.IsHidden(rune) && rune.Value is not (0x200C or 0x200D) && !(lines && rune.Value is '\n' or '\t'))
                {
                    Error(text, $"{key} holds the control or invisible character U+{rune.Value:X4}");
                    return;
                }
            }
        }

        private TomlString? ReadPath(ManifestSection section, string key)
        {
            TomlString? text = section.String(key);
            if (text is not null && !PackagePaths.IsGood(text.Value, out string problem))
            {
                Error(text, $"the path '{Printable.Quote(text.Value)}' of {section.FullName(key)} {problem}");
            }

            return text;
        }

        private string? ReadIcon(ManifestSection package)
        {
            // An empty one means none, as templates write it.
            if (package.String("icon") is { Value: "" } || ReadPath(package, "icon") is not { } text)
            {
                return null;
            }

            if (Path.GetExtension(text.Value).ToLowerInvariant() is not (".png" or ".svg"))
            {
                Error(text, $"package.icon '{Printable.Quote(text.Value)}' must be a .png or .svg file");
            }

            return text.Value;
        }

        private CapabilitySet ReadCapabilities(ManifestSection package)
        {
            var held = new List<Capability>();
            int declared = 0;
            foreach (TomlString text in package.Strings("capabilities"))
            {
                if (++declared > MaximumCapabilities)
                {
                    Error(text, $"package.capabilities has more than {MaximumCapabilities} members, which nobody can judge when asked to approve them");
                    break;
                }

                if (!Capability.TryParse(text.Value, out Capability? capability, out string problem))
                {
                    Error(text, problem);
                }
                else if (held.Contains(capability!))
                {
                    Error(text, $"capability '{capability}' is declared twice");
                }
                else
                {
                    Capability? wider = held.Find(c => c.Covers(capability!) || capability!.Covers(c));
                    if (wider is not null)
                    {
                        Report(text.Position, Severity.Warning, $"capabilities '{wider}' and '{capability}' overlap: the wider one is in force");
                    }

                    held.Add(capability!);
                }
            }

            if (held.Exists(static c => c.Kind == CapabilityKind.NetFetchLocal) && !held.Exists(static c => c.Kind == CapabilityKind.NetFetch))
            {
                Report(package.Position, Severity.Warning, "capability 'net:fetch:local' opens nothing without a host: add 'net:fetch:<host>'");
            }

            return new CapabilitySet(held);
        }

        private List<string> ReadArguments(ManifestSection runtime)
        {
            var arguments = new List<string>();
            foreach (TomlString text in runtime.Strings("args"))
            {
                if (text.Value.Contains('\0'))
                {
                    Error(text, "runtime.args holds a NUL character, which no argument can");
                }

                arguments.Add(text.Value);
            }

            return arguments;
        }

        private List<KeyValuePair<string, string>> ReadEnvironment(ManifestSection runtime)
        {
            var environment = new List<KeyValuePair<string, string>>();
            foreach (TomlEntry entry in runtime.Get<TomlTable>("env", "a table of strings")?.Entries ?? [])
            {
                if (!EnvironmentNames.IsGood(entry.Key))
                {
                    Report(entry.KeyPosition, Severity.Error, $"runtime.env name '{Printable.Quote(entry.Key)}' is no name of a variable: letters, digits and _, no digit first");
                }

                if (entry.Value is not TomlString text)
                {
                    Error(entry.Value, $"runtime.env.{Printable.Quote(entry.Key)} is {entry.Value.Kind} where a string is expected");
                }
                else if (text.Value.Contains('\0'))
                {
                    Error(text, $"runtime.env.{Printable.Quote(entry.Key)} holds a NUL character, which no variable can");
                }
                else
                {
                    environment.Add(new(entry.Key, text.Value));
                }
            }

            return environment;
        }

        private RequestedLimits ReadLimits(ManifestSection section)
        {
            RequestedLimits limits = RequestedLimits.None;
            if (section.String("cpu") is { } cpu)
            {
                limits = limits with { CpuPercent = Read<int>(cpu, cpu.Value, "cpu", Amounts.TryParseCpu) };
            }

            limits = limits with
            {
                MemoryBytes = ReadBytes(section, "memory"),
                LinearMemoryBytes = ReadBytes(section, "linear_memory"),
            };
            if (section.Get<TomlInteger>("tasks", "an integer") is { } tasks)
            {
                limits = limits with { Tasks = Read<int>(tasks, tasks.Value.ToString(), "tasks", Amounts.TryParseTasks) };
            }

            section.WarnOfUnknownKeys();
            return limits;
        }

        private long? ReadBytes(ManifestSection section, string key) =>
            section.String(key) is { } text ? Read<long>(text, text.Value, key, Amounts.TryParseBytes) : null;

        private delegate bool Parse<T>(string text, out T value, out string problem);

        private T? Read<T>(TomlValue at, string text, string key, Parse<T> parse)
            where T : struct
        {
            if (!parse(text, out T value, out string problem))
            {
                Error(at, $"limits.{key} {problem}");
                return null;
            }

            if (machine is not null)
            {
                RequestedLimits.Read([new(key, text)], out RequestedLimits one);
                foreach (string above in one.Above(machine))
                {
                    Error(at, $"limits.{above}");
                }
            }

            return value;
        }
    }
}
