using Microsoft.Extensions.Logging;
using Weft.Appd.Control;
using Weft.Appd.Processes;
using Weft.Appd.State;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Appd.Sessions;

/// <summary>All sessions of this daemon, and what requests ask of them.</summary>
/// <remarks><c>.Launching</c> makes sessions, <c>.Requests</c> answers about them, <c>.Ending</c> restarts and stops them.</remarks>
internal sealed partial class SessionTable : ISessions, ISessionOwner
{
    private readonly SessionTableParts _parts;
    private readonly Dictionary<SessionId, Session> _sessions = []; // guarded by the gate; what clients see
    private readonly HashSet<Session> _launching = []; // guarded by the gate; not on disk yet
    private readonly Dictionary<string, (string AppId, Task<LaunchAck> Ack)> _answering = new(StringComparer.Ordinal); // guarded by the gate
    private readonly Dictionary<SessionId, ITimer> _restarts = []; // guarded by the gate; by the session that ended
    private bool _closed; // guarded by the gate; no launches any more

    public SessionTable(SessionTableParts parts)
    {
        _parts = parts;
        _parts.Compositor.SurfaceReady = OnSurfaceReady;
        _parts.Compositor.WindowClosed = OnWindowClosed;
        _parts.Record.Forgotten = RemoveLog;
    }

    private Lock Gate => _parts.Announcements.Gate;

    private string LogFolder => Path.Combine(_parts.StateRoot, "logs");

    void ISessionOwner.Appeared(Session session)
    {
        _launching.Remove(session);
        _sessions.Add(session.Id, session);
    }

    void ISessionOwner.Withdrawn(Session session) => _launching.Remove(session);

    void ISessionOwner.Disappeared(Session session, EndedSession ended, RestartVerdict verdict)
    {
        _sessions.Remove(session.Id);
        if (verdict.After is { } pause && !_closed)
        {
            Log.Restarts(_parts.Logger, session.Plan.App, session.Id, pause);
            ScheduleRestart(session.Plan, verdict.Row, pause);
        }
    }

    private void OnSurfaceReady(SessionId id)
    {
        lock (Gate)
        {
            if (_sessions.TryGetValue(id, out Session? session))
            {
                session.Painted();
            }
        }
    }

    private void OnWindowClosed(SessionId id)
    {
        Session? session;
        lock (Gate)
        {
            _sessions.TryGetValue(id, out session);
        }

        session?.OnWindowClosed();
    }

    private string LogPath(ulong session) => Path.Combine(LogFolder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{session}.log"));

    private void RemoveLog(ulong session)
    {
        try
        {
            new SessionLog(LogPath(session), 0).Remove();
        }
        catch (IOException e)
        {
            Log.LogKept(_parts.Logger, session, e.Message);
        }
    }

    // Event ids 1270 to 1299 belong to the table of sessions.
    private static partial class Log
    {
        [LoggerMessage(1270, LogLevel.Information, "{AppId} is started again in {Pause} (session {SessionId} has ended)")]
        public static partial void Restarts(ILogger logger, AppId appId, SessionId sessionId, TimeSpan pause);

        [LoggerMessage(1271, LogLevel.Warning, "{AppId} could not be started again after session {SessionId}: {Problem}")]
        public static partial void NotRestarted(ILogger logger, AppId appId, SessionId sessionId, string problem);

        [LoggerMessage(1272, LogLevel.Warning, "The log of session {SessionId} could not be removed: {Problem}")]
        public static partial void LogKept(ILogger logger, ulong sessionId, string problem);

        [LoggerMessage(1273, LogLevel.Information, "{Count} sessions are stopped: {Cause}")]
        public static partial void StopsAll(ILogger logger, int count, EndCause cause);

        [LoggerMessage(1274, LogLevel.Warning, "{Count} sessions were still there after {Deadline} and are left to the next start")]
        public static partial void LeftBehind(ILogger logger, int count, TimeSpan deadline);
    }
}

/// <summary>What the table of sessions works with.</summary>
internal sealed record SessionTableParts
{
    public required Announcements Announcements { get; init; }

    public required SessionRecord Record { get; init; }

    public required IPackages Packages { get; init; }

    public required ICompiledCode Code { get; init; }

    public required IRuntimeLauncher Launcher { get; init; }

    public required Compositor.CompositorLink Compositor { get; init; }

    public required Notifications.NotificationCenter Notifications { get; init; }

    public required Notifications.Clipboard Clipboard { get; init; }

    /// <summary>Serves the sessions' pages; null where nobody does.</summary>
    public Web.ISessionPages? Pages { get; init; }

    public required GuestFolders Folders { get; init; }

    /// <summary>Who sessions run as.</summary>
    public SessionUser User { get; init; } = SessionUser.Own;

    /// <summary>The settings in force, asked at every launch.</summary>
    public required Func<WeftSettings> Settings { get; init; }

    public required string StateRoot { get; init; }

    public required string RuntimeFolder { get; init; }

    public SessionLimits Limits { get; init; } = new();

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
