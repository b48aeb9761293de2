using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Control;

/// <summary>The Unix socket's door: accepts, checks who comes, and serves each in a connection of its own.</summary>
internal sealed partial class ControlServer(string path, ControlCore core, PeerCheck peers)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UnixConnection, Task> _connections = []; // guarded by _lock
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Completes when the door was closed; fails when accepting broke, which is to end the daemon.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Clients connected now.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Binds the socket (0600) and begins to accept. A socket left by a dead daemon is replaced; anything else there is an error.</summary>
    public void Start()
    {
        _listener = UnixSockets.Listen(path, Convert.ToInt32("600", 8));
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Closes the door, ends all connections after their queued replies, and removes the socket's file.</summary>
    public async Task StopAsync()
    {
        core.Stop();
        _listener?.Dispose();
        await _accepting;
        Task[] serving;
        lock (_lock)
        {
            serving = [.. _connections.Values];
        }

        await Task.WhenAll(serving);
        Files.Unlink(path);
        _ended.TrySetResult();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket peer = await Accepting.NextAsync(listener, core, core.Stopping);
                if (await RefusalAsync(peer) is { } refusal)
                {
                    Log.Refused(core.Logger, refusal);
                    peer.Dispose();
                }
                else
                {
                    Serve(peer);
                }
            }
        }
        catch (Exception e) when (core.Stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The daemon stops.
        }
#pragma warning disable CA1031 // The top of the accept loop: a door that cannot be entered any more ends the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Broken(core.Logger, e);
            _ended.TrySetException(e);
        }
    }

    /// <summary>Null where the peer may speak, else why not; waits where no descriptor is left to look with.</summary>
    private async ValueTask<string?> RefusalAsync(Socket peer)
    {
        while (true)
        {
            try
            {
                return peers.Refusal(peer);
            }
            catch (LinuxException e) when (e.Errno is Errno.EMFILE or Errno.ENFILE)
            {
                await Accepting.PauseAsync(core, e.Message, core.Stopping);
            }
            catch (IOException e)
            {
                return e.Message;
            }
        }
    }

    private void Serve(Socket peer)
    {
        var connection = new UnixConnection(core, peer);
        lock (_lock)
        {
            if (_connections.Count < core.Limits.UnixConnections)
            {
                _connections.Add(connection, Task.CompletedTask);
                _connections[connection] = Task.Run(() => ServeAsync(connection));
                return;
            }
        }

        RefuseFull(peer);
    }

    private void RefuseFull(Socket peer)
    {
        using (peer)
        {
            var full = new ErrorReply { Code = ControlCode.TooMany, Message = $"connect {path}: {core.Limits.UnixConnections} clients are connected; close one" };
            try
            {
                // A fresh socket's buffer takes the few bytes at once.
                peer.Send(Announcement.Encode(full, ControlEncoding.MessagePack));
            }
            catch (SocketException)
            {
                // It left before it was told.
            }
        }
    }

    private async Task ServeAsync(UnixConnection connection)
    {
        await connection.RunAsync();
        lock (_lock)
        {
            _connections.Remove(connection);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1421, LogLevel.Critical, "Accepting on the control socket broke")]
        public static partial void Broken(ILogger logger, Exception failure);

        [LoggerMessage(1422, LogLevel.Warning, "A connection was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
