using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>
/// One change on its way to all connections. Each send costs the kernel microseconds, so where the connections are many a second thread
/// takes a share of them; whoever publishes waits for it, and holds the gate for both.
/// </summary>
internal sealed class Broadcast(ControlMessage message, Requester? except) : IThreadPoolWorkItem
{
    private const int Many = 16; // connections; fewer are told before another thread has woken

    // The second thread.
    private const int Absent = 0;
    private const int Helping = 1;
    private const int Done = 2;

    private readonly Announcement _announcement = new(message);
    private readonly string _type = ControlCodec.TypeOf(message);
    private readonly Announcement? _toPage = message is IpcMessage ipc ? new Announcement(new PageMessage { Payload = ipc.Payload }) : null;
    private IReadOnlyList<Subscriber> _subscribers = [];
    private int _next = -1; // the connection that was taken last
    private int _helper = Absent;
    private bool _reachedPage;

    /// <summary>True when a page of the session that spoke was there to hear it.</summary>
    public bool ReachedPage => Volatile.Read(ref _reachedPage);

    /// <summary>Tells every connection that may and wants to know. The caller holds the gate.</summary>
    public void Tell(IReadOnlyList<Subscriber> subscribers)
    {
        _subscribers = subscribers;
        if (subscribers.Count < Many || Environment.ProcessorCount == 1)
        {
            TakeTurns();
            return;
        }

        // Made here, so that two threads only read them.
        _announcement.Encoded(ControlEncoding.Json);
        _announcement.Encoded(ControlEncoding.MessagePack);
        _toPage?.Encoded(ControlEncoding.Json);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        TakeTurns();
        if (Interlocked.CompareExchange(ref _helper, Done, Absent) == Helping)
        {
            SpinWait wait = default;
            while (Volatile.Read(ref _helper) != Done)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    /// <summary>The second thread; where it comes when all are told, it does nothing.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.CompareExchange(ref _helper, Helping, Absent) == Absent)
        {
            TakeTurns();
            Volatile.Write(ref _helper, Done);
        }
    }

    private void TakeTurns()
    {
        int mine;
        while ((mine = Interlocked.Increment(ref _next)) < _subscribers.Count)
        {
            Tell(_subscribers[mine]);
        }
    }

    private void Tell(Subscriber subscriber)
    {
        if (except is not null && subscriber.Requester == except)
        {
            if (message is LaunchAck ack)
            {
                subscriber.HoldBehindReply(ack.SessionId);
            }
        }
        else if (subscriber.Requester.Page is not { } page)
        {
            subscriber.Offer(_announcement, _type);
        }
        else if (_toPage is not null && _announcement.Session == page)
        {
            subscriber.Put(_toPage.Encoded(ControlEncoding.Json));
            Volatile.Write(ref _reachedPage, true);
        }
    }
}
