using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Weft.Linux;

namespace Weft.Appd.State;

/// <summary>
/// What must outlive the daemon: live sessions, answered request_ids, the last ends. One thread writes; whoever changes
/// something while it is in an fsync shares the next one, so that fifty launches at once cost a few.
/// </summary>
/// <remarks>
/// Callbacks run on the writer's thread, without this class's lock. A write that fails is tried again at the next change
/// and every few seconds; until then memory is ahead of the disk, and launches are refused.
/// </remarks>
internal sealed partial class SessionRecord : IDisposable
{
    public const string LiveFileName = "sessions.json";
    public const string EndedFileName = "ended-sessions.json";

    private readonly Lock _gate = new();
    private readonly string _livePath;
    private readonly string _endedPath;
    private readonly SessionCounter _counter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StateLimits _limits;
    private readonly AutoResetEvent _work = new(false); // not a SemaphoreSlim: that one spins before it sleeps, and takes the processor from the runtime just started
    private readonly Thread _writer;
    private readonly ArrayBufferWriter<byte> _buffer = new(); // the writer's thread only

    private readonly Dictionary<ulong, LiveSession> _live = []; // guarded by _gate, as all below
    private readonly Dictionary<string, AnsweredRequest> _requests = new(StringComparer.Ordinal);
    private readonly Queue<AnsweredRequest> _requestsByAge = new();
    private readonly Dictionary<ulong, EndedSession> _ended = [];
    private readonly Queue<ulong> _endedByAge = new();
    private readonly HashSet<ulong> _leaving = []; // ended, and still in the live file until the other one is written
    private List<Action<Exception?>> _intended = [];
    private List<Action<Exception?>> _written = [];
    private bool _liveChanged;
    private bool _endedChanged;
    private bool _stopping;

    private SessionRecord(string stateRoot, SessionCounter counter, StateLimits limits, TimeProvider time, ILogger logger)
    {
        _livePath = Path.Combine(stateRoot, LiveFileName);
        _endedPath = Path.Combine(stateRoot, EndedFileName);
        _counter = counter;
        _time = time;
        _limits = limits;
        _logger = logger;
        _writer = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "record writer" };
    }

    public SessionCounter Counter => _counter;

    /// <summary>Called under no lock when an ended session falls out of the last 200, so that its log can go.</summary>
    public Action<ulong>? Forgotten { get; set; }

    /// <summary>Reads what the last daemon left. Damaged files are set aside; newer ones refuse the start.</summary>
    public static SessionRecord Open(string stateRoot, StateLimits limits, TimeProvider time, ILogger logger)
    {
        LiveRecord? live = RecordFile.ReadOrSetAside(Path.Combine(stateRoot, LiveFileName), StateJson.Default.LiveRecord, time, logger);
        EndedRecord? ended = RecordFile.ReadOrSetAside(Path.Combine(stateRoot, EndedFileName), StateJson.Default.EndedRecord, time, logger);
        ulong highest = 0;
        foreach (LiveSession session in live?.Sessions ?? [])
        {
            highest = Math.Max(highest, session.SessionId);
        }

        foreach (EndedSession session in ended?.Sessions ?? [])
        {
            highest = Math.Max(highest, session.SessionId);
        }

        var record = new SessionRecord(stateRoot, SessionCounter.Open(stateRoot, highest, time, logger), limits, time, logger);
        record.Fill(live, ended);
        record._writer.Start();
        return record;
    }

    /// <summary>
    /// Notes a session before its guest runs. <paramref name="durable"/> is called with null once it is on disk, or with
    /// what went wrong; then the session has been taken out again.
    /// </summary>
    public void Intend(LiveSession session, AnsweredRequest? request, Action<Exception?> durable)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _live[session.SessionId] = session;
            if (request is not null)
            {
                _requests[request.RequestId] = request;
                _requestsByAge.Enqueue(request);
            }

            _intended.Add(error =>
            {
                if (error is not null)
                {
                    Withdraw(session, request);
                }

                durable(error);
            });
            _liveChanged = true;
            _work.Set();
        }
    }

    /// <summary>Moves a session to the ended ones. <paramref name="written"/>, if given, is called when that is on disk, or was tried.</summary>
    public void End(EndedSession session, Action<Exception?>? written = null)
    {
        ulong? forgotten = null;
        lock (_gate)
        {
            // Written a moment later, with the ends that come until then: until it is, its end record on disk explains it.
            _leaving.Add(session.SessionId);
            if (_ended.TryAdd(session.SessionId, session))
            {
                _endedByAge.Enqueue(session.SessionId);
                if (_endedByAge.Count > _limits.EndedSessions)
                {
                    forgotten = _endedByAge.Dequeue();
                    _ended.Remove(forgotten.Value);
                }
            }

            if (written is not null)
            {
                _written.Add(written);
            }

            if (!_endedChanged)
            {
                _endedChanged = true;
                _work.Set();
            }
        }

        if (forgotten is { } id)
        {
            Forgotten?.Invoke(id);
        }
    }

    public bool TryGetEnded(ulong session, [NotNullWhen(true)] out EndedSession? ended)
    {
        lock (_gate)
        {
            return _ended.TryGetValue(session, out ended);
        }
    }

    /// <summary>What a daemon that died has left running, or believed to.</summary>
    public IReadOnlyList<LiveSession> LiveSessions()
    {
        lock (_gate)
        {
            return [.. _live.Values];
        }
    }

    /// <summary>The ended sessions that are still known.</summary>
    public IReadOnlyList<ulong> EndedSessions()
    {
        lock (_gate)
        {
            return [.. _endedByAge];
        }
    }

    /// <summary>The answer that a request_id got within the last ten minutes.</summary>
    public AnsweredRequest? Answered(string requestId)
    {
        lock (_gate)
        {
            Expire();
            return _requests.GetValueOrDefault(requestId);
        }
    }

    /// <summary>True when another request_id could be remembered.</summary>
    public bool HasRoomForRequest
    {
        get
        {
            lock (_gate)
            {
                Expire();
                return _requests.Count < _limits.Requests;
            }
        }
    }

    /// <summary>An entry for an answer given now.</summary>
    public AnsweredRequest Answer(string requestId, string appId, ulong session) => new()
    {
        RequestId = requestId,
        AppId = appId,
        SessionId = session,
        BootId = Linux.Processes.BootId,
        At = Now(),
    };

    /// <summary>Writes what is outstanding and ends the writer.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            _work.Set();
        }

        _writer.Join();
        _work.Dispose();
    }

    private void Fill(LiveRecord? live, EndedRecord? ended)
    {
        foreach (EndedSession session in ended?.Sessions ?? [])
        {
            if (_ended.TryAdd(session.SessionId, session))
            {
                _endedByAge.Enqueue(session.SessionId);
            }
        }

        foreach (LiveSession session in live?.Sessions ?? [])
        {
            // The two files are written one after the other: who stands in both has ended.
            if (!_ended.ContainsKey(session.SessionId))
            {
                _live[session.SessionId] = session;
            }
        }

        foreach (AnsweredRequest request in live?.Requests ?? [])
        {
            // Another boot has another monotonic clock: such an answer gets its ten minutes anew rather than a second launch.
            AnsweredRequest entry = request.BootId == Linux.Processes.BootId ? request : request with { BootId = Linux.Processes.BootId, At = Now() };
            if (_requests.TryAdd(entry.RequestId, entry))
            {
                _requestsByAge.Enqueue(entry);
            }
        }
    }

    private void Withdraw(LiveSession session, AnsweredRequest? request)
    {
        lock (_gate)
        {
            _live.Remove(session.SessionId);
            if (request is not null && _requests.GetValueOrDefault(request.RequestId) == request)
            {
                _requests.Remove(request.RequestId);
            }
        }
    }

    private void Expire()
    {
        long oldest = Now() - (long)_limits.RequestLifetime.TotalMilliseconds;
        while (_requestsByAge.TryPeek(out AnsweredRequest? first) && first.At < oldest)
        {
            _requestsByAge.Dequeue();
            if (_requests.TryGetValue(first.RequestId, out AnsweredRequest? known) && known == first)
            {
                _requests.Remove(first.RequestId);
            }
        }
    }

    /// <summary>Milliseconds of the monotonic clock: on Linux its zero is the boot, so two daemons of one boot agree.</summary>
    private long Now() => (long)_time.GetElapsedTime(0).TotalMilliseconds;
}
