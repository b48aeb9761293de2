using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>What requests need of the running sessions. <c>SessionTable</c> is the real one; tests script another.</summary>
internal interface ISessions
{
    /// <summary>
    /// Launches; completes when the intent is on disk. The LAUNCH_ACK is published with <paramref name="from"/> left out
    /// before it is returned here. 400, 403, 404, 409, 503.
    /// </summary>
    public Task<LaunchAck> LaunchAsync(LaunchApp request, Requester? from, CancellationToken cancellationToken);

    /// <summary>Ends a session in any state; the state it is in then. 404.</summary>
    public Task<AppState> TerminateAsync(SessionId session, bool force, Requester? from, CancellationToken cancellationToken);

    /// <summary>Starting, running and stopping sessions. The caller holds the gate.</summary>
    public IReadOnlyList<SessionInfo> Live();

    /// <summary>State of any session, <c>not_found</c> for an unknown one. The caller holds the gate.</summary>
    public AppState State(SessionId session);

    /// <summary>All about one session; 404. The caller holds the gate.</summary>
    public SessionDetails Inspect(SessionId session);

    /// <summary>What a session uses now; nothing for one that does not run. Looks through the process table: not under the gate.</summary>
    public SessionUsage UsageOf(SessionId session);

    /// <summary>Hands one text to the guest; completes when its runtime has it. 404, 409, 413, 429.</summary>
    public Task ForwardAsync(SessionId session, string payload, CancellationToken cancellationToken);

    /// <summary>Asks the compositor to focus; 404, 409.</summary>
    public AppState Focus(SessionId session);

    /// <summary>Lines of a session's log; 404.</summary>
    public Task<Log> ReadLogAsync(SessionId session, ulong? since, uint? lines, CancellationToken cancellationToken);

    /// <summary>True where the process is part of a session.</summary>
    public bool Owns(int processId);
}
