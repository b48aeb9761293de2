using System.Globalization;
using Weft.Core.Apps;
using Weft.Linux;
using Weft.Runtime.Engines;

namespace Weft.Runtime;

/// <summary>How an app talks to its host.</summary>
internal enum AppInterface
{
    /// <summary>JSON-RPC on the guest's standard input and output.</summary>
    JsonRpc,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>The imports of a component.</summary>
    Component,
}

/// <summary>The command line was wrong; the message says what and how it is right.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command line of a session (docs/runtime.md).</summary>
internal sealed class CommandLine
{
    public const string Usage =
        """
        usage: weft-runtime APP_ID SESSION_ID --module PATH|fd:N [--code fd:N] [--interface jsonrpc|none|component] [--ready call|start]
                 [--preopen HOST::GUEST::ro|rw]… [--grant CAP]… [--env K=V]… [--ipc-fd N] [--portal-fd N] [--output-fd N] [--error-fd N] [--event-fd N]
                 [--console-fd MASTER,SLAVE] [--end-fd N] [--hold-fd N] [--report-fd N] [--linear-memory BYTES] [--engine auto|lib|exe] [-- ARG…]
               weft-runtime --compile --module PATH|fd:N --out-fd N
               weft-runtime [--hold-fd N] --exec PROGRAM ARG…
               weft-runtime --engine-facts [--engine auto|lib|exe] | --protocol
               as root, before any of these: --user UID:GID[,GID]…
        """;

    /// <summary>Where this process finds its own descriptors.</summary>
    public const string OwnDescriptors = "/proc/self/fd/";

    /// <summary>The machine's default for linear memory: 256 MiB.</summary>
    public const long DefaultLinearMemory = 256L << 20;

    public string AppId { get; private set; } = "";

    public ulong SessionId { get; private set; }

    /// <summary>Path of the module, <c>/proc/self/fd/N</c> for a descriptor.</summary>
    public string Module { get; private set; } = "";

    /// <summary>Descriptor of compiled code, or -1.</summary>
    public int Code { get; private set; } = -1;

    /// <summary>As asked for; null where it follows from the module.</summary>
    public AppInterface? Interface { get; private set; }

    /// <summary>True: ready as soon as it runs. Null: follows from the interface.</summary>
    public bool? ReadyAtStart { get; private set; }

    public List<GuestFolder> Folders { get; } = [];

    public List<Capability> Grants { get; } = [];

    public List<KeyValuePair<string, string>> Variables { get; } = [];

    public List<string> Arguments { get; } = [];

    public int Ipc { get; private set; } = -1;

    public int Portal { get; private set; } = -1;

    public int Output { get; private set; } = -1;

    public int Error { get; private set; } = -1;

    public int Event { get; private set; } = -1;

    public int End { get; private set; } = -1;

    public int Hold { get; private set; } = -1;

    public int Report { get; private set; } = -1;

    public long LinearMemory { get; private set; } = DefaultLinearMemory;

    public EngineKind Engine { get; private set; }

    /// <summary>True where nobody but a person's shell started it: no ring for its output.</summary>
    public bool ByHand => Output < 0;

    /// <summary>Reads the command line of a session.</summary>
    /// <exception cref="UsageException">It is wrong.</exception>
    public static CommandLine Parse(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length < 2 || arguments[0].StartsWith('-') || arguments[1].StartsWith('-'))
        {
            throw new UsageException("app id and session id come first");
        }

        if (!Core.Apps.AppId.TryParse(arguments[0], out _))
        {
            throw new UsageException($"'{arguments[0]}' is no app id: {Core.Apps.AppId.Rule}");
        }

        var line = new CommandLine { AppId = arguments[0], SessionId = Unsigned(arguments[1], "session id") };
        for (int i = 2; i < arguments.Length; i++)
        {
            string option = arguments[i];
            if (option == "--")
            {
                line.Arguments.AddRange(arguments[(i + 1)..]);
                break;
            }

            if (i + 1 == arguments.Length)
            {
                throw new UsageException($"{option} needs a value");
            }

            line.Take(option, arguments[++i]);
        }

        return line.Module.Length > 0 ? line : throw new UsageException("--module is missing");
    }

    /// <summary>Keeps the named descriptors from every child.</summary>
    /// <exception cref="UsageException">One of them is not open.</exception>
    public void KeepDescriptors()
    {
        ReadOnlySpan<(string Option, int Number)> named =
        [
            ("--code", Code), ("--ipc-fd", Ipc), ("--portal-fd", Portal), ("--output-fd", Output), ("--error-fd", Error), ("--event-fd", Event),
            ("--end-fd", End), ("--hold-fd", Hold), ("--report-fd", Report),
        ];
        foreach ((string option, int number) in named)
        {
            if (number >= 0 && !RawDescriptors.TryCloseOnExec(number))
            {
                throw new UsageException($"{option}: {number} is no open descriptor");
            }
        }
    }

    /// <summary>Reads <c>fd:N</c> or a path into a path.</summary>
    /// <exception cref="UsageException">No number follows <c>fd:</c>.</exception>
    public static string PathOf(string text, string option) =>
        text.StartsWith("fd:", StringComparison.Ordinal) ? OwnDescriptors + Descriptor(text[3..], option) : text;

    /// <summary>Reads the number of a descriptor.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static int Descriptor(string text, string option) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new UsageException($"{option} '{text}': expected the number of a descriptor");

    /// <summary>Reads an engine's name.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static EngineKind EngineOf(string text) => text switch
    {
        "auto" => EngineKind.Auto,
        "lib" => EngineKind.Library,
        "exe" => EngineKind.Executable,
        _ => throw new UsageException($"--engine '{text}': expected auto, lib or exe"),
    };

    private static ulong Unsigned(string text, string what) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new UsageException($"{what} '{text}': expected a number");

    private void Take(string option, string value)
    {
        switch (option)
        {
            case "--module":
                Module = PathOf(value, option);
                break;
            case "--code":
                Code = Descriptor(value.StartsWith("fd:", StringComparison.Ordinal) ? value[3..] : throw new UsageException($"--code '{value}': expected fd:N"), option);
                break;
            case "--interface":
                Interface = value switch
                {
                    "jsonrpc" => AppInterface.JsonRpc,
                    "none" => AppInterface.None,
                    "component" => AppInterface.Component,
                    _ => throw new UsageException($"--interface '{value}': expected jsonrpc, none or component"),
                };
                break;
            case "--ready":
                ReadyAtStart = value switch
                {
                    "call" => false,
                    "start" => true,
                    _ => throw new UsageException($"--ready '{value}': expected call or start"),
                };
                break;
            case "--preopen":
                Folders.Add(Folder(value));
                break;
            case "--grant":
                Grants.Add(Capability.TryParse(value, out Capability? grant, out string problem) ? grant! : throw new UsageException($"--grant: {problem}"));
                break;
            case "--env":
                int equals = value.IndexOf('=', StringComparison.Ordinal);
                Variables.Add(equals > 0 ? new(value[..equals], value[(equals + 1)..]) : throw new UsageException($"--env '{value}': expected NAME=VALUE"));
                break;
            case "--ipc-fd":
                Ipc = Descriptor(value, option);
                break;
            case "--portal-fd":
                Portal = Descriptor(value, option);
                break;
            case "--output-fd":
                Output = Descriptor(value, option);
                break;
            case "--error-fd":
                Error = Descriptor(value, option);
                break;
            case "--event-fd":
                Event = Descriptor(value, option);
                break;
            case "--end-fd":
                End = Descriptor(value, option);
                break;
            case "--hold-fd":
                Hold = Descriptor(value, option);
                break;
            case "--report-fd":
                Report = Descriptor(value, option);
                break;
            case "--console-fd":
                throw new UsageException("--console-fd: not in this version");
            case "--linear-memory":
                LinearMemory = (long)Math.Min(Unsigned(value, option), long.MaxValue);
                break;
            case "--engine":
                Engine = EngineOf(value);
                break;
            default:
                throw new UsageException($"unknown option {option}");
        }
    }

    private static GuestFolder Folder(string value)
    {
        string[] parts = value.Split("::");
        if (parts is not [{ Length: > 0 } host, { Length: > 0 } guest, "ro" or "rw"])
        {
            throw new UsageException($"--preopen '{value}': expected HOST::GUEST::ro or HOST::GUEST::rw");
        }

        return new GuestFolder(PathOf(host, "--preopen"), guest, parts[2] == "rw");
    }
}
