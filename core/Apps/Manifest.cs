using NuGet.Versioning;

namespace Weft.Core.Apps;

/// <summary>How a module talks with its host; components are recognised by themselves.</summary>
public enum AppInterface
{
    /// <summary>JSON-RPC 2.0, one object a line, on stdin and stdout.</summary>
    JsonRpc,

    /// <summary>Nothing: stdout is output.</summary>
    None,
}

/// <summary>When a session counts as ready.</summary>
public enum ReadyMode
{
    /// <summary>When the app says so.</summary>
    Call,

    /// <summary>As soon as it runs.</summary>
    Start,
}

/// <summary>When an app that ended is started again.</summary>
public enum RestartPolicy
{
    Never,
    OnFailure,
    Always,
}

/// <summary>A <c>wapp.toml</c> that was checked and found right. The format: docs/packages.md.</summary>
public sealed partial record Manifest
{
    /// <summary>The manifest's name inside a package.</summary>
    public const string FileName = "wapp.toml";

    /// <summary>Largest manifest in bytes; a larger one is refused unread.</summary>
    public const int MaximumBytes = 64 * 1024;

    public required AppId Id { get; init; }

    /// <summary>For people; 1 to 64 characters. Text, never markup.</summary>
    public required string Name { get; init; }

    /// <summary>Strict SemVer 2.</summary>
    public required SemanticVersion Version { get; init; }

    public string Description { get; init; } = "";

    public string Author { get; init; } = "";

    /// <summary>Path of a PNG or SVG inside the package.</summary>
    public string? Icon { get; init; }

    public CapabilitySet Capabilities { get; init; } = CapabilitySet.Empty;

    /// <summary>Path of the module inside the package.</summary>
    public string Module { get; init; } = "app.wasm";

    public AppInterface Interface { get; init; } = AppInterface.JsonRpc;

    public ReadyMode Ready { get; init; } = ReadyMode.Call;

    /// <summary>The guest's arguments, without its own name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The guest's environment, in the order in which it was written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>A second launch focuses the running session.</summary>
    public bool Single { get; init; }

    /// <summary>Path of the page inside the package; null for a service.</summary>
    public string? UiEntry { get; init; }

    public RequestedLimits Limits { get; init; } = RequestedLimits.None;

    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>Comes back after a reboot.</summary>
    public bool Restore { get; init; } = true;
}

/// <summary>What a check found: every mistake, and the manifest where there was no error.</summary>
/// <param name="Manifest">Null where <paramref name="Findings"/> hold an error.</param>
/// <param name="Findings">In the order of the file.</param>
public sealed record ManifestReport(Manifest? Manifest, IReadOnlyList<Finding> Findings);
