namespace Weft.Appd.Web;

/// <summary>All limits of the HTTP door, each with its unit and where the number comes from. Those of the WebSocket are in ControlLimits.</summary>
internal sealed record WebLimits
{
    /// <summary>TCP connections at a time, of all kinds. Ours: 64 WebSockets and some pages that load.</summary>
    public long Connections { get; init; } = 512;

    /// <summary>Bytes of a request's headers; more is answered 431. Ours.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Bytes of a request's body: only one-use codes are posted. Ours.</summary>
    public long BodyBytes { get; init; } = 4 * 1024;

    /// <summary>Request headers must be there within this; a slower client is closed. The fault catalogue: 10 s.</summary>
    public TimeSpan HeadersDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An idle connection is closed after this. Ours.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When the daemon stops, requests in work may take this. Ours.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of an app's HTML page that gets the bridge; a larger one is refused. Ours.</summary>
    public int HtmlBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of an app's icon. Ours.</summary>
    public int IconBytes { get; init; } = 1024 * 1024;

    /// <summary>One-use codes that may be open at a time. Ours.</summary>
    public int OpenCodes { get; init; } = 64;

    /// <summary>Messages of a guest that wait while no page of its session is connected. Ours.</summary>
    public int WaitingMessages { get; init; } = 256;

    /// <summary>UTF-16 units of those. Ours.</summary>
    public int WaitingText { get; init; } = 1024 * 1024;
}
