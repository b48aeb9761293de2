using System.Text.Json;
using Weft.Appd.Control;
using Weft.Core.Protocol;

namespace Weft.Appd.Tests.Control;

/// <summary>Sessions without processes: each launch is acknowledged at once and goes through its states when a test says so.</summary>
internal sealed class ScriptedSessions(Announcements announcements) : ISessions
{
    private readonly Dictionary<SessionId, SessionInfo> _live = []; // guarded by the gate
    private readonly Dictionary<SessionId, AppState> _ended = []; // guarded by the gate
    private ulong _last;

    /// <summary>What a forward waits for; completed unless a test replaces it.</summary>
    public Func<Task> Forwarding { get; set; } = () => Task.CompletedTask;

    /// <summary>Runs after a launch was published and before it is answered.</summary>
    public Func<SessionId, Task> AfterLaunch { get; set; } = _ => Task.CompletedTask;

    public List<string> Forwarded { get; } = [];

    public Func<int, bool> IsOwned { get; set; } = _ => false;

    public async Task<LaunchAck> LaunchAsync(LaunchApp request, Requester? from, CancellationToken cancellationToken)
    {
        if (request.AppId == "boom.boom.boom")
        {
            throw new InvalidOperationException("scripted failure");
        }

        LaunchAck ack;
        lock (announcements.Gate)
        {
            var id = new SessionId(++_last);
            ack = new LaunchAck { SessionId = id, AppId = request.AppId };
            _live[id] = Info(id, request.AppId);
            announcements.Publish(ack, except: from);
            announcements.Publish(new AppState { SessionId = id, State = SessionState.Starting });
        }

        await AfterLaunch(ack.SessionId);
        return ack;
    }

    public void Ready(SessionId id)
    {
        lock (announcements.Gate)
        {
            _live[id] = _live[id] with { State = SessionState.Running };
            announcements.Publish(new AppReady { SessionId = id, AppId = _live[id].AppId });
            announcements.Publish(new AppState { SessionId = id, State = SessionState.Running });
        }
    }

    public Task<AppState> TerminateAsync(SessionId session, bool force, Requester? from, CancellationToken cancellationToken)
    {
        lock (announcements.Gate)
        {
            if (!_live.Remove(session))
            {
                throw new ControlException(ControlCode.NotFound, $"TERMINATE_APP: there is no session {session}");
            }

            var state = new AppState
            {
                SessionId = session,
                State = SessionState.Stopped,
                End = new SessionEnd { Cause = EndCause.Terminated, Message = "It was ended.", Facts = [] },
            };
            _ended[session] = state;
            announcements.Publish(state);
            announcements.SessionEnded(session);
            return Task.FromResult(state);
        }
    }

    public IReadOnlyList<SessionInfo> Live() => [.. _live.Values];

    public AppState State(SessionId session) =>
        _live.TryGetValue(session, out SessionInfo? info) ? new AppState { SessionId = session, State = info.State }
        : _ended.TryGetValue(session, out AppState? ended) ? ended
        : new AppState { SessionId = session, State = SessionState.NotFound };

    public SessionUsage UsageOf(SessionId session) => new();

    public SessionDetails Inspect(SessionId session) => _live.TryGetValue(session, out SessionInfo? info)
        ? SessionDetails.Of(info, [], new LimitValues(), JsonDocument.Parse("{}").RootElement, new SessionUsage(), null)
        : throw new ControlException(ControlCode.NotFound, $"QUERY_SESSION: there is no session {session}");

    public async Task ForwardAsync(SessionId session, string payload, CancellationToken cancellationToken)
    {
        lock (announcements.Gate)
        {
            Forwarded.Add(payload);
        }

        await Forwarding();
    }

    public AppState Focus(SessionId session) => throw new ControlException(ControlCode.NotFound, $"FOCUS_APP: there is no session {session}");

    public Task<Log> ReadLogAsync(SessionId session, ulong? since, uint? lines, CancellationToken cancellationToken) =>
        Task.FromResult(new Log { SessionId = session, Entries = [], Next = 0 });

    public bool Owns(int processId) => IsOwned(processId);

    private static SessionInfo Info(SessionId id, string app) => new()
    {
        SessionId = id,
        AppId = app,
        Name = app,
        Version = "1.0.0",
        State = SessionState.Starting,
        StartedAt = 1,
        Pid = 2,
        Backend = "host",
        RuntimeVersion = "0.1.0",
        Epoch = 0,
        UiUrl = "http://secret.localhost:7410/",
        Console = false,
        Development = false,
    };
}
