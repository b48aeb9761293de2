using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>
/// Keeps the replies of one connection in the order of its requests, whatever order they are done in.
/// Everything here is guarded by <see cref="Announcements.Gate"/>.
/// </summary>
internal sealed class ReplyLane(Announcements announcements, Subscriber subscriber)
{
    private readonly Queue<Place> _places = new();

    /// <summary>The place in line of one request.</summary>
    public sealed class Place(ulong? seq)
    {
        public ulong? Seq => seq;

        internal Reply Reply { get; set; }

        internal bool Done { get; set; }
    }

    /// <summary>Takes the next place in line, for a request that was just read.</summary>
    public Place Reserve(ulong? seq)
    {
        var place = new Place(seq);
        lock (announcements.Gate)
        {
            _places.Enqueue(place);
        }

        return place;
    }

    /// <summary>Answers the request of a place, once. How many requests have left the line by that: none where an earlier one is still in work.</summary>
    public int Complete(Place place, Reply reply)
    {
        lock (announcements.Gate)
        {
            place.Reply = reply;
            place.Done = true;
            int left = 0;
            for (; _places.TryPeek(out Place? head) && head.Done; left++)
            {
                _places.Dequeue();
                Send(head.Reply, head.Seq);
            }

            return left;
        }
    }

    /// <summary>Answers out of line: for long work, its progress, and requests that could not be read.</summary>
    public void Overtake(Reply reply, ulong? seq)
    {
        lock (announcements.Gate)
        {
            Send(reply, seq);
        }
    }

    private void Send(Reply reply, ulong? seq)
    {
        try
        {
            if (reply.Take() is { } message)
            {
                subscriber.Reply(message, seq);
            }
        }
        catch (ControlException refused)
        {
            // By the snapshot, or because the answer is larger than a frame.
            subscriber.Reply(refused.ToReply(), seq);
        }
    }
}
