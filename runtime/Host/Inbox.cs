using Weft.Runtime.Guest;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Host;

/// <summary>What a component can hear.</summary>
internal abstract record HostEvent
{
    internal sealed record Message(string Payload) : HostEvent;

    internal sealed record Closing(uint GraceMilliseconds) : HostEvent;

    internal sealed record Revoked(string Grant) : HostEvent;

    internal sealed record MemoryPressure(string Level) : HostEvent;
}

/// <summary>Events that wait for a component; bounded like the pipe of the other interface.</summary>
internal sealed class Inbox
{
    private readonly object _gate = new();
    private readonly Queue<HostEvent> _waiting = new(); // guarded by _gate
    private int _messages;     // guarded by _gate
    private long _characters;  // guarded by _gate; of messages
    private bool _interrupted; // guarded by _gate

    /// <summary>Takes a message; false where too many wait.</summary>
    public bool TryMessage(string payload)
    {
        lock (_gate)
        {
            if (_messages >= GuestPipe.MaximumMessages || (_messages > 0 && _characters + payload.Length > GuestPipe.MaximumMessageBytes))
            {
                return false;
            }

            _messages++;
            _characters += payload.Length;
            Add(new HostEvent.Message(payload));
            return true;
        }
    }

    /// <summary>Takes a word of the host, which is never refused.</summary>
    public void Tell(HostEvent word)
    {
        lock (_gate)
        {
            Add(word);
        }
    }

    /// <summary>The next event, or null when the time (milliseconds) is up; 0 does not wait.</summary>
    /// <exception cref="GuestInterruptedException">The guest is to end.</exception>
    public HostEvent? Take(uint timeoutMilliseconds)
    {
        long deadline = Environment.TickCount64 + timeoutMilliseconds;
        lock (_gate)
        {
            while (true)
            {
                CheckInterrupted();
                if (_waiting.TryDequeue(out HostEvent? next))
                {
                    Count(next);
                    return next;
                }

                long left = deadline - Environment.TickCount64;
                if (left <= 0)
                {
                    return null;
                }

                Monitor.Wait(_gate, (int)Math.Min(left, int.MaxValue));
            }
        }
    }

    /// <summary>The next message, leaving other events out: what components of 0.1.0 can hear.</summary>
    /// <exception cref="GuestInterruptedException">The guest is to end.</exception>
    public string? TakeMessage()
    {
        while (Take(0) is { } next)
        {
            if (next is HostEvent.Message message)
            {
                return message.Payload;
            }
        }

        return null;
    }

    /// <summary>Ends whoever waits here, or comes to wait.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _interrupted = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void CheckInterrupted()
    {
        if (_interrupted)
        {
            throw new GuestInterruptedException(GuestInterruptedException.Ended);
        }
    }

    private void Count(HostEvent taken)
    {
        if (taken is HostEvent.Message message)
        {
            _messages--;
            _characters -= message.Payload.Length;
        }
    }

    private void Add(HostEvent next)
    {
        _waiting.Enqueue(next);
        Monitor.Pulse(_gate);
    }
}
