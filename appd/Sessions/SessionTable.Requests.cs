using Weft.Appd.Control;
using Weft.Appd.State;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

internal sealed partial class SessionTable
{
    public IReadOnlyList<SessionInfo> Live()
    {
        var sessions = new List<SessionInfo>(_sessions.Count);
        foreach (Session session in _sessions.Values)
        {
            sessions.Add(session.Info());
        }

        sessions.Sort(static (a, b) => a.SessionId.CompareTo(b.SessionId));
        return sessions;
    }

    public AppState State(SessionId session)
    {
        if (_sessions.TryGetValue(session, out Session? live))
        {
            return live.CurrentState();
        }

        return _parts.Record.TryGetEnded(session.Value, out EndedSession? ended)
            ? new AppState { SessionId = session, State = SessionState.Stopped, End = ended.End }
            : new AppState { SessionId = session, State = SessionState.NotFound };
    }

    public SessionUsage UsageOf(SessionId session)
    {
        Session? live;
        lock (Gate)
        {
            _sessions.TryGetValue(session, out live);
        }

        return live?.Usage() ?? new SessionUsage();
    }

    public SessionDetails Inspect(SessionId session)
    {
        if (_sessions.TryGetValue(session, out Session? live))
        {
            return live.Details();
        }

        return _parts.Record.TryGetEnded(session.Value, out EndedSession? ended) ? Session.DetailsOf(ended) : throw Unknown("look at", session);
    }

    public Task<AppState> TerminateAsync(SessionId session, bool force, Requester? from, CancellationToken cancellationToken)
    {
        Session? live;
        lock (Gate)
        {
            // A person's word also ends what would come back.
            CancelRestart(session);
            if (!_sessions.TryGetValue(session, out live))
            {
                AppState state = State(session);
                return state.State == SessionState.NotFound ? throw Unknown("terminate", session) : Task.FromResult(state);
            }
        }

        string who = from is { } requester ? $"client {requester.Name}" : "appd";
        var request = new EndRequest(
            EndCause.Terminated,
            from is null ? "was ended" : $"was ended by {Core.Apps.Printable.Quote(from.Name)}",
            SessionEnding.Fact(_parts.Time.GetUtcNow().ToUnixTimeMilliseconds(), who, force ? "TERMINATE_APP with force" : "TERMINATE_APP"));
        return Task.FromResult(live.RequestStop(request, force));
    }

    public Task ForwardAsync(SessionId session, string payload, CancellationToken cancellationToken) =>
        Find("send to", session).ForwardAsync(payload, cancellationToken);

    public AppState Focus(SessionId session)
    {
        Session live = Find("focus", session);
        if (!live.Plan.HasSurface)
        {
            throw new ControlException(ControlCode.Conflict, $"focus session {session}: {live.Plan.App} is a service, it has no window");
        }

        // Without a compositor there is nothing to do: the system UI's own windows follow its own focus.
        _parts.Compositor.Focus(session);
        lock (Gate)
        {
            return live.CurrentState();
        }
    }

    public Task<Core.Protocol.Log> ReadLogAsync(SessionId session, ulong? since, uint? lines, CancellationToken cancellationToken)
    {
        Session? live;
        lock (Gate)
        {
            if (!_sessions.TryGetValue(session, out live) && State(session).State == SessionState.NotFound)
            {
                throw Unknown("read the log of", session);
            }
        }

        // What lies in the rings belongs to the answer: a reader sees all that was written before it asked.
        SessionLog log = live?.TakeOutput() ?? new SessionLog(LogPath(session.Value), _parts.Settings().LogBytes / 2);
        try
        {
            (List<LogEntry> entries, ulong next) = log.Read(since, (int)Math.Min(lines ?? SessionLog.DefaultLines, SessionLog.MostLines));
            return Task.FromResult(new Core.Protocol.Log { SessionId = session, Entries = entries, Next = next });
        }
        catch (IOException e)
        {
            throw new ControlException(ControlCode.HostFailed, $"read the log of session {session}: {e.Message}", e);
        }
    }

    public bool Owns(int processId)
    {
        // With orphans adopted, whatever comes from a session is below this process, however its parents ended; and
        // besides sessions appd starts only short-lived helpers that no peer is part of.
        return Linux.Processes.DescendsFrom(processId, Environment.ProcessId) && processId != Environment.ProcessId;
    }

    private Session Find(string what, SessionId session)
    {
        lock (Gate)
        {
            if (_sessions.TryGetValue(session, out Session? live))
            {
                return live;
            }

            throw State(session).State == SessionState.Stopped
                ? new ControlException(ControlCode.Conflict, $"{what} session {session}: it has ended")
                : Unknown(what, session);
        }
    }

    private static ControlException Unknown(string what, SessionId session) =>
        new(ControlCode.NotFound, $"{what} session {session}: there is no such session; 'weft ps' lists those there are");
}
