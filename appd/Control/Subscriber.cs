using System.Collections.Frozen;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>
/// One connection as the gate sees it: what it wants to hear, and the queue it hears through.
/// Everything here is guarded by <see cref="Announcements.Gate"/>.
/// </summary>
internal sealed class Subscriber(Requester requester, ControlEncoding encoding, Outbox outbox, Action<string> drop, Action<Farewell> finish)
{
    private FrozenSet<string>? _events;
    private bool _listens;

    // Sessions whose LAUNCH_ACK this connection will get as a reply that is not queued yet, with what came after it.
    private Dictionary<SessionId, List<Announcement>>? _held;

    public Requester Requester => requester;

    /// <summary>Begins to hear broadcasts: all, or those of the named types.</summary>
    public void Listen(IReadOnlyCollection<string>? events)
    {
        _events = events?.ToFrozenSet(StringComparer.Ordinal);
        _listens = true;
    }

    /// <summary>Hears no more broadcasts.</summary>
    public void StopListening()
    {
        _listens = false;
        _events = null;
    }

    /// <summary>A broadcast: put into the queue, held back, or not for this client.</summary>
    public void Offer(Announcement announcement, string type)
    {
        if (!_listens || (_events is not null && !_events.Contains(type)) || !Visibility.MaySee(requester.Role, announcement.Message))
        {
            return;
        }

        if (_held is not null && announcement.Session is { } session && _held.TryGetValue(session, out List<Announcement>? waiting))
        {
            waiting.Add(announcement);
            return;
        }

        Put(announcement.Encoded(encoding));
    }

    /// <summary>From now on what is broadcast of this session waits for the reply that names it.</summary>
    public void HoldBehindReply(SessionId session) => (_held ??= [])[session] = [];

    /// <summary>Queues a reply, and behind it what waited for it.</summary>
    public void Reply(ControlMessage reply, ulong? re)
    {
        Put(Announcement.Encode(reply, encoding, re), isReply: true);
        if (_held is not null && reply is LaunchAck ack && _held.Remove(ack.SessionId, out List<Announcement>? waiting))
        {
            foreach (Announcement announcement in waiting)
            {
                Put(announcement.Encoded(encoding));
            }
        }
    }

    /// <summary>Queues ready bytes; a client whose queue is full is dropped.</summary>
    public void Put(ReadOnlyMemory<byte> bytes, bool isReply = false)
    {
        if (!outbox.TryPut(bytes, isReply))
        {
            drop("does not read: its queue is full");
        }
    }

    /// <summary>Ends the connection; what is queued still goes out.</summary>
    public void Finish(Farewell farewell) => finish(farewell);
}
