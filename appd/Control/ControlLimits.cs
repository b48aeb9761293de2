namespace Weft.Appd.Control;

/// <summary>All limits of the control doors, each with its unit and where the number comes from.</summary>
internal sealed record ControlLimits
{
    /// <summary>Connections of the Unix socket at a time. Ours: a kiosk has a dozen; 256 leaves descriptors for 500 sessions below LimitNOFILE.</summary>
    public int UnixConnections { get; init; } = 256;

    /// <summary>Bytes of one frame on the Unix socket (docs/protocol.md: 4 MiB).</summary>
    public int FrameBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one WebSocket message from a client (docs/protocol.md: 1 MiB).</summary>
    public int WebSocketMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>WebSocket connections at a time (docs/protocol.md: 64, one of them kept for the system UI).</summary>
    public int WebSocketConnections { get; init; } = 64;

    /// <summary>Messages that may wait for one client to read. Ours: a storm of 200 sessions makes about 1,000 broadcasts.</summary>
    public int QueuedMessages { get; init; } = 4096;

    /// <summary>Bytes that may wait for one client to read. Ours: two of the largest frames.</summary>
    public long QueuedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes of broadcasts among those. Ours: 32 of the largest payloads, which is all that a client that stops reading can cost.</summary>
    public long QueuedBroadcastBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Requests of one connection that may be in work or wait for their turn to be answered; further ones wait unread in the socket. Ours.</summary>
    public int RequestsInFlight { get; init; } = 64;

    /// <summary>Long requests (INSTALL and the like) of one connection in work at a time; one more is answered 429. Ours.</summary>
    public int LongRequestsInFlight { get; init; } = 4;

    /// <summary>
    /// Requests a second of one connection, sustained; what is more is answered 429 <c>RATE_LIMITED</c>. Ours: a tenth of the flood in the fault
    /// catalogue, and about what a client can ask that waits for each answer (fan-out bench: 2,000; gestures: 120).
    /// </summary>
    public int RequestsPerSecond { get; init; } = 10_000;

    /// <summary>Requests of one connection that may come at once before that. Ours: two seconds' worth; whoever pipelines a thousand launches is far below.</summary>
    public int RequestBurst { get; init; } = 20_000;

    /// <summary>How long a connection that asked too fast is not read; its <c>retry_after</c>. Ours: refusals cost nothing then, and 1,000 requests have room again.</summary>
    public TimeSpan RatePause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A single write that a client does not take within this drops it. Ours.</summary>
    public TimeSpan WriteDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first WebSocket message, HELLO, must come within this (docs/protocol.md: 5 s).</summary>
    public TimeSpan HelloDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A frame of the Unix socket that began must be there within twice this at most. Ours: local peers need milliseconds.</summary>
    public TimeSpan FrameDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between pings of a WebSocket (docs/protocol.md: 20 s).</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client that was answered 413 may go on sending into nothing before the connection is closed. Ours.</summary>
    public TimeSpan DiscardDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When a connection ends, how long its last queued replies may take to go out. Ours.</summary>
    public TimeSpan FlushDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between looks at whether a client that asks but does not read has read something. Ours.</summary>
    public TimeSpan BusyPause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>What accept waits when the process has no descriptor left. Ours: long enough not to spin.</summary>
    public TimeSpan AcceptPause { get; init; } = TimeSpan.FromMilliseconds(100);
}
