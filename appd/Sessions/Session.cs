using Microsoft.Extensions.Logging;
using Weft.Appd.Compositor;
using Weft.Appd.Control;
using Weft.Appd.Notifications;
using Weft.Appd.Processes;
using Weft.Appd.State;
using Weft.Appd.Web;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>
/// One run of one app: <c>starting → running → stopping → stopped</c>, nothing else. Everything that clients can see of it
/// changes under the gate of <see cref="Announcements"/> and is published before the gate is left.
/// </summary>
/// <remarks>
/// Files: this one has the state, <c>.Starting</c> the way to READY, <c>.Stopping</c> the way out, <c>.Talking</c> what
/// passes between guest and clients, <c>.Shown</c> what requests see.
/// </remarks>
internal sealed partial class Session : IRuntimeListener, IDisposable
{
    private readonly SessionParts _parts;
    private readonly SessionPlan _plan;
    private readonly SessionOutput _output;
    private readonly IDisposable _lease;
    private readonly Requester? _from;
    private readonly TaskCompletionSource<LaunchAck> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IRuntimeProcess? _process; // set once, before anything can ask for it
    private ITimer? _readyTimer; // set once, as the process
    private ITimer? _graceTimer; // guarded by the gate, as all below
    private SessionState _state = SessionState.Starting;
    private EndRequest? _requested;
    private SessionEnd? _end;
    private byte[]? _report;
    private bool _visible;
    private bool _letGo;
    private bool _saidReady;
    private long? _readyAt;
    private bool _surface;
    private bool _painted;
    private bool _killed;
    private Task _asking = Task.CompletedTask;
    private Task? _killing;

    public Session(SessionParts parts, SessionPlan plan, SessionOutput output, IDisposable lease, Requester? from)
    {
        _parts = parts;
        _plan = plan;
        _output = output;
        _lease = lease;
        _from = from;
        _channel = new SessionChannel(plan, parts.Time, this, parts.Logger);
    }

    public SessionPlan Plan => _plan;

    public SessionId Id => _plan.Id;

    /// <summary>Pid of its leader; 0 before it was started.</summary>
    public int Pid => _process?.Pid ?? 0;

    /// <summary>The reply to the launch, once the session is on disk; fails with what the caller is to be told.</summary>
    public Task<LaunchAck> Acknowledged => _acknowledged.Task;

    /// <summary>Nothing of the session is left.</summary>
    public Task Gone => _gone.Task;

    /// <summary>The caller holds the gate.</summary>
    public SessionState State => _state;

    /// <summary>Set when it has ended. The caller holds the gate.</summary>
    public SessionEnd? End => _end;

    private Lock Gate => _parts.Announcements.Gate;

    private long Now => _parts.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Publish(ControlMessage message, Requester? except = null) => _parts.Announcements.Publish(message, except);

    private AppState StateMessage() => new() { SessionId = Id, State = _state, End = _end };
}

/// <summary>What every session works with.</summary>
internal sealed record SessionParts
{
    public required Announcements Announcements { get; init; }

    public required SessionRecord Record { get; init; }

    public required CompositorLink Compositor { get; init; }

    public required NotificationCenter Notifications { get; init; }

    public required Clipboard Clipboard { get; init; }

    /// <summary>Serves the sessions' pages; null where nobody does.</summary>
    public ISessionPages? Pages { get; init; }

    public required SessionLimits Limits { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Told about sessions as they appear and go. Called under the gate.</summary>
    public required ISessionOwner Owner { get; init; }
}

/// <summary>Who keeps the sessions: <see cref="SessionTable"/>.</summary>
internal interface ISessionOwner
{
    /// <summary>The session is on disk and will be announced next. The caller holds the gate.</summary>
    public void Appeared(Session session);

    /// <summary>The session has ended and nothing is left of it. The caller holds the gate.</summary>
    public void Disappeared(Session session, EndedSession ended, RestartVerdict verdict);

    /// <summary>The launch was taken back before anybody knew of it. The caller holds the gate.</summary>
    public void Withdrawn(Session session);
}
