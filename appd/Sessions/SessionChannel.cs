using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Weft.Core.Channel;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>
/// appd's end of the channel to one runtime: connects to the session's socket, again where the connection breaks, and
/// hands over what comes. No thread: two loops that wait on the socket and on the link.
/// </summary>
internal sealed partial class SessionChannel(SessionPlan plan, TimeProvider time, ITalkListener listener, ILogger logger) : IDisposable
{
    /// <summary>
    /// A guest that is not ready yet may wait for a clipboard; else the connection is made after READY, which then does
    /// not share the processor with it.
    /// </summary>
    private static readonly TimeSpan NotBeforeReady = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    /// <summary>The runtime answers a hello at once; one that does not is tried again on a new connection.</summary>
    private static readonly TimeSpan HelloDeadline = TimeSpan.FromSeconds(10);

    private readonly ReliableLink _link = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _connectNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finishing = new(TaskCreationOptions.RunContinuationsAsynchronously); // the runtime has ended: what it sent is read to its end, nothing is tried again
    private Task _running = Task.CompletedTask;

    /// <summary>Begins; the first connection comes after <see cref="Connect"/>, or a moment later.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Connects now.</summary>
    public void Connect() => _connectNow.TrySetResult();

    /// <summary>Sends a message to the guest; ends when the runtime has it.</summary>
    /// <exception cref="ChannelOverflowException">Too much waits already.</exception>
    public Task<LinkOutcome> SendAsync(DaemonMessage message) => _link.SendAsync(message);

    /// <summary>Tells the guest, if it can be told, that it is about to end; completes when its runtime has that, or will never have it.</summary>
    public Task SendClosingAsync(TimeSpan grace)
    {
        Connect();
        return Post(new Core.Channel.Closing { GraceMs = (uint)grace.TotalMilliseconds });
    }

    /// <summary>Sends what nobody has to wait for.</summary>
    private Task Post(DaemonMessage message)
    {
        try
        {
            return _link.SendAsync(message);
        }
        catch (ChannelOverflowException e)
        {
            Log.Dropped(logger, plan.Id, message.GetType().Name, e.Message);
            return Task.CompletedTask;
        }
    }

    /// <summary>The runtime has ended: completes when all that it had sent was taken.</summary>
    public Task FinishAsync()
    {
        _finishing.TrySetResult();
        Connect();
        return _running;
    }

    public void Dispose()
    {
        _ending.Cancel();
        _link.End();
        // The source is not disposed: loops that end just now may still look at its token, and it holds no timer.
    }

    private async Task RunAsync()
    {
        CancellationToken ending = _ending.Token;
        try
        {
            await _connectNow.Task.WaitAsync(NotBeforeReady, time, ending);
        }
        catch (TimeoutException)
        {
            // Not ready yet: it may be waiting for us.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        TimeSpan retry = ShortestRetry;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                if (await TalkAsync(ending))
                {
                    retry = ShortestRetry;
                }

                await _finishing.Task.WaitAsync(retry, time, ending);
                return;
            }
            catch (TimeoutException)
            {
                retry = retry * 2 > LongestRetry ? LongestRetry : retry * 2;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>One connection from hello to its end; true when there was one.</summary>
    private async Task<bool> TalkAsync(CancellationToken ending)
    {
        bool talked = false;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(UnixSockets.Address(plan.SocketPath), ending);
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            using var reader = new LineReader(stream);
            (ulong taken, ulong next, IReadOnlyList<ulong>? refused) = _link.Greeting();
            await stream.WriteAsync(ChannelCodec.Write(new PeerHello { Token = plan.Token, Taken = taken, Next = next, Refused = refused }), ending);
            LineResult first = await reader.ReadAsync(ending).AsTask().WaitAsync(HelloDeadline, time, ending);
            if (first.Status != LineStatus.Line)
            {
                return false;
            }

            RuntimeHello hello = ChannelCodec.ReadRuntimeHello(first.Line.Span);
            LinkConnection connection = _link.Connect(hello.Taken, hello.Next, hello.Refused);
            talked = true;
            using var closing = CancellationTokenSource.CreateLinkedTokenSource(ending);
            Task writing = WriteAsync(stream, connection, closing.Token);
            try
            {
                await ReadAsync(reader, connection, ending);
            }
            finally
            {
                await closing.CancelAsync();
                await writing;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ChannelException or TimeoutException)
        {
            if (e is ChannelException)
            {
                Log.Broken(logger, plan.Id, e.Message);
            }
        }

        return talked;
    }

    private async Task ReadAsync(LineReader reader, LinkConnection connection, CancellationToken ending)
    {
        while (true)
        {
            LineResult result = await reader.ReadAsync(ending);
            switch (result.Status)
            {
                case LineStatus.Line:
                    connection.Receive(ChannelCodec.ReadLine(result.Line.Span), Take);
                    break;
                case LineStatus.TooLong:
                    throw new ChannelException($"a line above {ChannelLimits.MaxLine} bytes");
                default:
                    return;
            }
        }
    }

    private static async Task WriteAsync(NetworkStream stream, LinkConnection connection, CancellationToken closing)
    {
        try
        {
            while (await connection.TakeAsync(closing) is { } line)
            {
                await stream.WriteAsync(line, closing);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The reading side sees the same end, and says what there is to say.
        }
    }

    private bool Take(ChannelMessage message)
    {
        switch (message)
        {
            case Ipc ipc:
                return listener.OnMessage(ipc.Payload);
            case Notify notify:
                Reply(notify.Id, listener.OnNotify(notify));
                return true;
            case ClipboardRead read:
                Post(listener.OnClipboardRead(read));
                return true;
            case ClipboardWrite write:
                Reply(write.Id, listener.OnClipboardWrite(write));
                return true;
            case Used used:
                listener.OnUsed(used.Grant);
                return true;
            case Ready:
                // The READY line with the token is what counts; this is for a successor of this daemon.
                return true;
            default:
                return false;
        }
    }

    private void Reply(ulong id, string? error) => Post(new Reply { Id = id, Error = error });

    // Event ids 1250 to 1269 belong to channels.
    private static partial class Log
    {
        [LoggerMessage(1250, LogLevel.Warning, "Session {SessionId}: the channel broke and is opened again: {Problem}")]
        public static partial void Broken(ILogger logger, SessionId sessionId, string problem);

        [LoggerMessage(1251, LogLevel.Warning, "Session {SessionId}: a {Type} could not be sent: {Problem}")]
        public static partial void Dropped(ILogger logger, SessionId sessionId, string type, string problem);
    }
}

/// <summary>Hears what a guest says. Called in order, one at a time, from threads of the pool; must not wait.</summary>
internal interface ITalkListener
{
    /// <summary>A payload for pages and subscribers; false refuses it.</summary>
    public bool OnMessage(string payload);

    /// <summary>Null, or why it was not shown.</summary>
    public string? OnNotify(Notify notification);

    public Reply OnClipboardRead(ClipboardRead request);

    /// <summary>Null, or why it was not taken.</summary>
    public string? OnClipboardWrite(ClipboardWrite request);

    /// <summary>The guest used a grant.</summary>
    public void OnUsed(string grant);
}
