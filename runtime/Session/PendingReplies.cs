using Weft.Runtime.Host;

namespace Weft.Runtime.Session;

/// <summary>Requests to weft-appd that wait for their reply; each is answered once, by a reply or by its deadline.</summary>
internal sealed class PendingReplies
{
    /// <summary>Most requests that wait at once.</summary>
    public const int Maximum = 64;

    /// <summary>Milliseconds that weft-appd has for a reply; an answer it gives later is dropped.</summary>
    public const int Deadline = 5000;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, (long Deadline, Action<string?, HostError?> Done)> _waiting = []; // guarded by _gate
    private ulong _last; // guarded by _gate

    /// <summary>Remembers a request; false where too many wait.</summary>
    public bool TryAdd(Action<string?, HostError?> done, out ulong id)
    {
        lock (_gate)
        {
            id = _last + 1;
            if (_waiting.Count >= Maximum)
            {
                return false;
            }

            _last = id;
            _waiting.Add(id, (Environment.TickCount64 + Deadline, done));
            return true;
        }
    }

    /// <summary>Answers a request; nothing where it was answered before.</summary>
    public void Complete(ulong id, string? text, HostError? error)
    {
        (long Deadline, Action<string?, HostError?> Done) found;
        lock (_gate)
        {
            if (!_waiting.Remove(id, out found))
            {
                return;
            }
        }

        found.Done(text, error);
    }

    /// <summary>Milliseconds to the next deadline; -1 where nothing waits.</summary>
    public long Timeout(long now)
    {
        lock (_gate)
        {
            long next = -1;
            foreach ((long deadline, _) in _waiting.Values)
            {
                long left = Math.Max(0, deadline - now);
                next = next < 0 ? left : Math.Min(next, left);
            }

            return next;
        }
    }

    /// <summary>Answers what has waited too long.</summary>
    public void Expire(long now)
    {
        List<ulong>? expired = null;
        lock (_gate)
        {
            foreach ((ulong id, (long deadline, _)) in _waiting)
            {
                if (deadline <= now)
                {
                    (expired ??= []).Add(id);
                }
            }
        }

        foreach (ulong id in expired ?? [])
        {
            Complete(id, null, new HostError(HostError.Unavailable, "weft-appd did not answer in time"));
        }
    }
}
