namespace Weft.Appd.State;

/// <summary>What the state root keeps at most.</summary>
internal sealed record StateLimits
{
    /// <summary>Ended sessions that stay known (spec: the last 200).</summary>
    public int EndedSessions { get; init; } = 200;

    /// <summary>How long a request_id gets the same answer (spec: 10 minutes).</summary>
    public TimeSpan RequestLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Request_ids remembered at once; above that such a launch is answered 429. About 130 bytes each, written with every launch.</summary>
    public int Requests { get; init; } = 4096;

    /// <summary>How long ends are gathered before they are written: a launch right after an end does not wait for that.</summary>
    public TimeSpan EndedDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Pause after a write that failed.</summary>
    public TimeSpan WriteRetry { get; init; } = TimeSpan.FromSeconds(5);
}
