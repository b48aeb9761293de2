using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Compositor;

/// <summary>
/// The link to whatever listens on the compositor's socket. It is tried for ever, with backoff; each connection begins with
/// all live surfaces. Callers never wait: what cannot be written at once is queued, and a compositor that does not read is
/// left, to find everything again at the next connect.
/// </summary>
internal sealed partial class CompositorLink : IAsyncDisposable
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    /// <summary>A surface that ended while nobody listened is told at the next connect; of so many at most.</summary>
    private const int MostOwed = 1024;

    private readonly Lock _gate = new(); // inside the gate of Announcements
    private readonly Dictionary<SessionId, Surface> _live = []; // guarded by _gate, as below
    private readonly List<SessionId> _owed = []; // destroyed, announced once, and not yet told
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private CompositorConnection? _connection;
    private Task _running = Task.CompletedTask;

    public CompositorLink(string path, TimeProvider time, ILogger<CompositorLink> logger)
    {
        _path = path;
        _time = time;
        _logger = logger;
    }

    /// <summary>Called when a window's first picture is there. Without locks.</summary>
    public Action<SessionId>? SurfaceReady { get; set; }

    /// <summary>Called when a window is gone. Without locks.</summary>
    public Action<SessionId>? WindowClosed { get; set; }

    /// <summary>True while a compositor is connected.</summary>
    public bool IsConnected
    {
        get
        {
            lock (_gate)
            {
                return _connection is not null;
            }
        }
    }

    /// <summary>Begins to connect.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>The process that owns a window was started.</summary>
    public void Created(string appId, SessionId session, int pid)
    {
        lock (_gate)
        {
            var surface = new Surface(appId, session, pid);
            _live.Add(session, surface);
            if (_connection is not null)
            {
                surface.Announced = true;
                _connection.Send(CompositorCodec.Created(surface));
            }
        }
    }

    /// <summary>The session of a window has ended.</summary>
    public void Destroyed(SessionId session)
    {
        lock (_gate)
        {
            if (!_live.Remove(session, out Surface? surface))
            {
                return;
            }

            if (_connection is not null)
            {
                _connection.Send(CompositorCodec.Destroyed(session));
            }
            else if (surface.Announced && _owed.Count < MostOwed)
            {
                _owed.Add(session);
            }
        }
    }

    /// <summary>Asks for the focus; false where no compositor is connected.</summary>
    public bool Focus(SessionId session)
    {
        lock (_gate)
        {
            _connection?.Send(CompositorCodec.Focus(session));
            return _connection is not null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan retry = ShortestRetry;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                long began = _time.GetTimestamp();
                if (await ServeAsync(_stopping.Token) && _time.GetElapsedTime(began) > LongestRetry)
                {
                    retry = ShortestRetry;
                }

                await Task.Delay(retry, _time, _stopping.Token);
                retry = retry * 2 > LongestRetry ? LongestRetry : retry * 2;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>One connection from its replay to its end; true when there was one.</summary>
    private async Task<bool> ServeAsync(CancellationToken stopping)
    {
        // Looking costs nothing; a failed connect throws.
        if (!File.Exists(_path))
        {
            return false;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(UnixSockets.Address(_path), stopping);
        }
        catch (SocketException)
        {
            return false;
        }

        using var connection = new CompositorConnection(socket);
        lock (_gate)
        {
            foreach (SessionId session in _owed)
            {
                connection.Send(CompositorCodec.Destroyed(session));
            }

            _owed.Clear();
            foreach (Surface surface in _live.Values.OrderBy(surface => surface.SessionId))
            {
                surface.Announced = true;
                connection.Send(CompositorCodec.Created(surface));
            }

            _connection = connection;
        }

        Log.Connected(_logger, _path);
        string why = "it closed the connection";
        try
        {
            why = await connection.ReadAsync(Take, stopping);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            why = e.Message;
        }
        finally
        {
            lock (_gate)
            {
                _connection = null;
            }

            Log.Disconnected(_logger, _path, why);
        }

        return true;
    }

    /// <summary>A frame of the compositor. What makes no sense is passed over: a display must not hang on it.</summary>
    private void Take(ReadOnlySpan<byte> frame)
    {
        CompositorMessage? message = CompositorCodec.Read(frame, out string problem);
        if (message is null)
        {
            Log.Strange(_logger, problem);
            return;
        }

        SessionId? session = null;
        lock (_gate)
        {
            if (message.SessionId is { } id)
            {
                session = _live.ContainsKey(id) ? id : null;
            }
            else if (message.Pid is { } pid)
            {
                foreach (Surface surface in _live.Values)
                {
                    session = surface.Pid == pid ? surface.SessionId : session;
                }
            }
        }

        if (session is { } known)
        {
            (message.IsReady ? SurfaceReady : WindowClosed)?.Invoke(known);
        }
    }

    // Event ids 1300 to 1319 belong to the compositor link.
    private static partial class Log
    {
        [LoggerMessage(1300, LogLevel.Information, "Compositor at {Path} is connected")]
        public static partial void Connected(ILogger logger, string path);

        [LoggerMessage(1301, LogLevel.Information, "Compositor at {Path} is gone: {Why}")]
        public static partial void Disconnected(ILogger logger, string path, string why);

        [LoggerMessage(1302, LogLevel.Warning, "A message of the compositor is passed over: {Problem}")]
        public static partial void Strange(ILogger logger, string problem);
    }
}

/// <summary>One window as the compositor knows it.</summary>
internal sealed class Surface(string appId, SessionId sessionId, int pid)
{
    public string AppId => appId;

    public SessionId SessionId => sessionId;

    public int Pid => pid;

    /// <summary>A compositor was told of it at least once.</summary>
    public bool Announced { get; set; }
}
