namespace Weft.Appd.Web;

/// <summary>Whose address a request names.</summary>
internal enum HostKind
{
    /// <summary>Anything else: a forged or rebound name.</summary>
    Foreign,

    /// <summary>The system UI and the control socket.</summary>
    System,

    /// <summary>A loopback address, which is redirected to the system UI's name.</summary>
    Loopback,

    /// <summary>The page of a session.</summary>
    Page,
}

/// <summary>The exact texts of Host and Origin that this daemon answers to (docs/protocol.md, "WebSocket").</summary>
internal sealed class Origins(int port)
{
    private const string PageSuffix = ".localhost";

    private readonly string _system = $"localhost:{port}";
    private readonly string _page = $"{PageSuffix}:{port}";

    public int Port => port;

    /// <summary>Origin of the system UI.</summary>
    public string System => $"http://{_system}";

    /// <summary>Origin of a session's page.</summary>
    public string Page(string label) => $"http://{label}{_page}";

    /// <summary>Whose address a Host header names; the label where it is a page's.</summary>
    public HostKind Of(string host, out string label)
    {
        label = "";
        if (host == _system)
        {
            return HostKind.System;
        }

        if (host == $"127.0.0.1:{port}" || host == $"[::1]:{port}")
        {
            return HostKind.Loopback;
        }

        if (host.EndsWith(_page, StringComparison.Ordinal))
        {
            label = host[..^_page.Length];
            return label.Length > 0 && label.All(char.IsAsciiLetterOrDigit) ? HostKind.Page : HostKind.Foreign;
        }

        return HostKind.Foreign;
    }

    /// <summary>The label of a page's origin; null where it is none.</summary>
    public string? LabelOf(string origin) =>
        origin.StartsWith("http://", StringComparison.Ordinal) && Of(origin["http://".Length..], out string label) == HostKind.Page ? label : null;
}
