using System.Diagnostics;
using Weft.Appd.Web;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>
/// The one gate for everything that clients can see. Whoever changes such state holds <see cref="Gate"/> while it changes
/// it and publishes the change before leaving; whoever takes a snapshot takes it under the gate too. So a snapshot is a
/// cut: the broadcasts after it are exactly what happened later, and all clients see one order.
/// </summary>
internal sealed class Announcements
{
    private readonly List<Subscriber> _subscribers = []; // guarded by Gate

    /// <summary>Held for moments only: nothing under it waits or touches a disk.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Is told, under the gate, what a guest said to its page while none was connected. Set once at the start.</summary>
    public Action<SessionId, PageMessage>? Unheard { get; set; }

    /// <summary>Is told, under the gate, that something was published. Set once at the start.</summary>
    public Action? Published { get; set; }

    /// <summary>
    /// Tells every subscriber that may and wants to know. The caller holds <see cref="Gate"/>. The connection in
    /// <paramref name="except"/> gets no broadcast: it has, or is about to get, the same message as its reply. Where that
    /// is a LAUNCH_ACK, later broadcasts of the session wait in that connection until the reply is queued.
    /// </summary>
    public void Publish(ControlMessage message, Requester? except = null)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "the gate is held while state changes and is published");
        Published?.Invoke();
        if (_subscribers.Count == 0 && message is not IpcMessage)
        {
            return;
        }

        var broadcast = new Broadcast(message, except);
        broadcast.Tell(_subscribers);
        if (message is IpcMessage unheard && !broadcast.ReachedPage)
        {
            Unheard?.Invoke(unheard.SessionId, new PageMessage { Payload = unheard.Payload });
        }
    }

    /// <summary>A message to the connected pages of one session. The caller holds <see cref="Gate"/>.</summary>
    public void ToPages(SessionId session, ControlMessage message)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "the gate is held");
        Announcement announcement = new(message);
        foreach (Subscriber subscriber in _subscribers)
        {
            if (subscriber.Requester.Page == session)
            {
                subscriber.Put(announcement.Encoded(ControlEncoding.Json));
            }
        }
    }

    /// <summary>The session is gone: so are the connections of its pages, for good. The caller holds <see cref="Gate"/>.</summary>
    public void SessionEnded(SessionId session)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "the gate is held");
        foreach (Subscriber subscriber in _subscribers)
        {
            if (subscriber.Requester.Page == session)
            {
                subscriber.Finish(new Farewell(CloseCode.Normal, "the session has ended"));
            }
        }
    }

    /// <summary>Makes a connection known. It hears nothing until <see cref="Subscriber.Listen"/>.</summary>
    public void Add(Subscriber subscriber)
    {
        lock (Gate)
        {
            _subscribers.Add(subscriber);
        }
    }

    /// <summary>Forgets a connection.</summary>
    public void Remove(Subscriber subscriber)
    {
        lock (Gate)
        {
            _subscribers.Remove(subscriber);
        }
    }

    /// <summary>Ends every connection that <paramref name="which"/> picks. The caller does not hold <see cref="Gate"/>.</summary>
    public void FinishWhere(Func<Requester, bool> which, Farewell farewell)
    {
        lock (Gate)
        {
            foreach (Subscriber subscriber in _subscribers)
            {
                if (which(subscriber.Requester))
                {
                    subscriber.Finish(farewell);
                }
            }
        }
    }
}
