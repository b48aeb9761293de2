using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Control;

/// <summary>
/// One client's connection, whatever it comes over: reads requests, starts their work in order, queues the replies in
/// order, and ends once, for the first reason. A door derives from it and moves the bytes.
/// </summary>
#pragma warning disable CA1001 // Requests in work may still use them when the connection has ended; only _reading holds on to something, and RunAsync disposes it.
internal abstract partial class ControlConnection
#pragma warning restore CA1001
{
    private readonly ControlCore _core;
    private readonly ReplyLane _lane;
    private readonly SemaphoreSlim _inFlight;
    private readonly RequestRate _rate;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _reading; // ended too, or the daemon stops
    private int _long;
    private string? _reason; // the first one, set by Drop
    private Farewell? _farewell; // the first one, set by Finish

    protected ControlConnection(ControlCore core, Socket socket, Requester requester, ControlEncoding encoding)
    {
        _core = core;
        Requester = requester;
        Socket = socket;
        Outbox = new Outbox(core.Limits, bytes => SocketSending.TrySend(socket, bytes));
        Writer = new SocketWriter(socket, Outbox, core.Limits, core.Time);
        Subscriber = new Subscriber(requester, encoding, Outbox, Drop, Finish);
        _lane = new ReplyLane(core.Announcements, Subscriber);
        _inFlight = new SemaphoreSlim(core.Limits.RequestsInFlight);
        _rate = new RequestRate(core.Limits, core.Time);
        _reading = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, core.Stopping);
    }

    public Requester Requester { get; }

    protected ControlCore Core => _core;

    protected Subscriber Subscriber { get; }

    protected Outbox Outbox { get; }

    protected Socket Socket { get; }

    protected SocketWriter Writer { get; }

    /// <summary>False where the peer said that it is done, so that nobody waits for answers to it.</summary>
    protected virtual bool PeerListens => true;

    /// <summary>Cancelled when the connection is to end at once: nothing more is written.</summary>
    protected CancellationToken Ended => _ended.Token;

    /// <summary>Cancelled then too, and when the daemon stops: nothing more is read, what is queued still goes out.</summary>
    protected CancellationToken Reading => _reading.Token;

    /// <summary>Why it ended; null while it lives or where the peer simply left.</summary>
    protected string? Reason => Volatile.Read(ref _reason);

    /// <summary>The last word to the peer; null where it was not ended by <see cref="Finish"/>.</summary>
    protected Farewell? Farewell => Volatile.Read(ref _farewell);

    /// <summary>
    /// Ends the connection in order: nothing more is read, what is queued and the farewell still go out. Under the gate, and only while
    /// the connection is subscribed.
    /// </summary>
    public void Finish(Farewell farewell)
    {
        if (Interlocked.CompareExchange(ref _farewell, farewell, null) is null)
        {
            Log.Dropped(_core.Logger, Requester.Name, farewell.Reason);
            _ = _reading.CancelAsync();
        }
    }

    /// <summary>Ends the connection without waiting; what is queued is not written any more. Safe under the gate.</summary>
    public void Drop(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            Log.Dropped(_core.Logger, Requester.Name, reason);
            Outbox.Close();

            // Not here: the callbacks of a cancellation are not to run under the gate.
            _ = _ended.CancelAsync();
        }
    }

    /// <summary>Serves until the peer leaves, breaks the protocol, is dropped, or the daemon stops. Does not throw.</summary>
    public async Task RunAsync()
    {
        _core.Announcements.Add(Subscriber);
        Task writing = WriteAllAsync();
        try
        {
            await ReadAllAsync();
            if (PeerListens)
            {
                await AnswersAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Dropped, or the daemon stops.
        }
        catch (Exception e) when (IsBroken(e))
        {
            Drop(e.Message);
        }

        // The last replies (a 413, say) still go out, unless the connection was dropped.
        _core.Announcements.Remove(Subscriber);
        Outbox.Close();
        try
        {
            await writing.WaitAsync(_core.Limits.FlushDeadline, _core.Time);
        }
        catch (TimeoutException)
        {
            Drop("does not read");
            await writing;
        }

        await CloseAsync();
        _reading.Dispose();
    }

    /// <summary>Reads messages and gives them to <see cref="TakeAsync"/> until the peer leaves.</summary>
    protected abstract Task ReadAllAsync();

    /// <summary>Closes the transport.</summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>Takes over what was read: a request, or what answers a malformed one.</summary>
    protected ValueTask TakeAsync(ReceivedRequest received) =>
        !_rate.TryTake() ? SlowDownAsync(received)
        : received.Request is { } request ? AcceptAsync(request, received.Seq)
        : RefuseAsync(received.Error!, received.Seq);

    /// <summary>Counts something that is answered without being a request, and waits where the peer sends too much of it.</summary>
    protected Task CountAsync() => _rate.TryTake() ? Task.CompletedTask : PauseAsync();

    private async ValueTask SlowDownAsync(ReceivedRequest received)
    {
        string operation = received.Request is { } request ? ControlCodec.TypeOf(request) : "a malformed request";
        var refusal = new ErrorReply
        {
            Code = ControlCode.TooMany,
            Message = $"RATE_LIMITED: {operation} was not done: this connection asks more than {_core.Limits.RequestsPerSecond} times a second; "
                + $"wait, then send it again; retry_after={_core.Limits.RatePause.TotalMilliseconds:F0}",
        };
        await RefuseAsync(refusal, received.Seq);
        await PauseAsync();
    }

    // One refusal for each pause: a flood of them would cost what the requests would.
    private Task PauseAsync() => Task.Delay(_core.Limits.RatePause, _core.Time, Reading);

    /// <summary>Takes over one request. Waits only where so much is in work or unwritten that the peer must slow down.</summary>
    private async ValueTask AcceptAsync(ControlRequest request, ulong? seq)
    {
        RequestHandler handler;
        try
        {
            handler = _core.Dispatcher.Find(request, Requester.Role);
        }
        catch (ControlException refused)
        {
            await RefuseAsync(refused.ToReply(), seq);
            return;
        }

        if (handler.IsLong)
        {
            StartLong(handler, request, seq);
            return;
        }

        await RoomAsync();
        ReplyLane.Place place = _lane.Reserve(seq);
        var call = new Call(Requester, Subscriber, progress => _lane.Overtake(progress, seq));
        ValueTask<Reply> answer = _core.Dispatcher.AnswerAsync(handler, request, call, _core.Stopping);
        if (answer.IsCompletedSuccessfully)
        {
            Finish(place, answer.Result);
        }
        else
        {
            _ = FinishAsync(place, answer);
        }
    }

    /// <summary>Answers a request that could not be read or is not allowed; in order like any other.</summary>
    protected async ValueTask RefuseAsync(ErrorReply refusal, ulong? seq)
    {
        await RoomAsync();
        ReplyLane.Place place = _lane.Reserve(seq);
        Finish(place, refusal);
    }

    private async ValueTask RoomAsync()
    {
        await _inFlight.WaitAsync(Reading);

        // A client that asks and does not read is made to wait, not dropped: nothing of what it hears is lost by that.
        while (Outbox.IsBusy)
        {
            await Task.Delay(_core.Limits.BusyPause, _core.Time, Reading);
        }
    }

    private void Finish(ReplyLane.Place place, Reply reply)
    {
        // Answers that wait for an earlier one count as in work: what is kept for their order is bounded by that.
        if (_lane.Complete(place, reply) is > 0 and int left)
        {
            _inFlight.Release(left);
        }
    }

    private async Task FinishAsync(ReplyLane.Place place, ValueTask<Reply> answer) => Finish(place, await answer);

    private void StartLong(RequestHandler handler, ControlRequest request, ulong? seq)
    {
        if (Interlocked.Increment(ref _long) > _core.Limits.LongRequestsInFlight)
        {
            Interlocked.Decrement(ref _long);
            _lane.Overtake(
                new ErrorReply { Code = ControlCode.TooMany, Message = $"{ControlCodec.TypeOf(request)}: this connection has {_core.Limits.LongRequestsInFlight} long requests in work; wait for one to end" },
                seq);
            return;
        }

        // Long work goes on when its client leaves: half an installation helps nobody.
        _ = Task.Run(async () =>
        {
            var call = new Call(Requester, Subscriber, progress => _lane.Overtake(progress, seq));
            Reply reply = await _core.Dispatcher.AnswerAsync(handler, request, call, _core.Stopping);
            _lane.Overtake(reply, seq);
            Interlocked.Decrement(ref _long);
        });
    }

    /// <summary>Waits for what is in work when the peer has sent its last request: it may still read.</summary>
    private async Task AnswersAsync()
    {
        for (int i = 0; i < _core.Limits.RequestsInFlight; i++)
        {
            await _inFlight.WaitAsync(Reading);
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await Writer.RunAsync(Ended);
        }
        catch (OperationCanceledException)
        {
            // Dropped.
        }
        catch (Exception e) when (IsBroken(e))
        {
            Drop(e is TimeoutException ? "does not read: a write was not taken in time" : e.Message);
        }
    }

    private static bool IsBroken(Exception e) => e is IOException or SocketException or TimeoutException or ObjectDisposedException;

    private static partial class Log
    {
        [LoggerMessage(1410, LogLevel.Debug, "Connection of {Client} ends: {Reason}")]
        public static partial void Dropped(ILogger logger, string client, string reason);
    }
}
