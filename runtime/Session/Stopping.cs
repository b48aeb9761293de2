using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Session;

/// <summary>
/// How a session is ended from outside. A guest that can hear is told and has the grace; then, or at once where it cannot hear, it is
/// interrupted; and where even that does not reach it (it sleeps or reads inside the engine) the process ends without it.
/// </summary>
internal sealed class Stopping(Action wake, SessionEnding ending)
{
    /// <summary>Milliseconds of grace where nobody says another number.</summary>
    public const uint DefaultGrace = 5000;

    /// <summary>Milliseconds that an interrupted guest has to come out. It needs microseconds, unless it cannot be reached.</summary>
    private const int InterruptDeadline = 200;

    /// <summary>What is added to a grace: appd, who counts it too, kills first.</summary>
    private const int Slack = 500;

    private readonly Lock _gate = new();
    private int _signals;           // guarded by _gate; not looked at yet
    private bool _signalled;        // guarded by _gate
    private bool _told;             // guarded by _gate
    private long _interruptAt = -1; // guarded by _gate; ticks
    private long _endAt = -1;       // guarded by _gate; ticks

    /// <summary>Tells the guest that it has so many milliseconds; false where it cannot hear.</summary>
    public Func<uint, bool> Tells { get; set; } = static _ => false;

    /// <summary>Interrupts the guest, wherever it is.</summary>
    public Action Interrupts { get; set; } = static () => { };

    /// <summary>SIGTERM came. From any thread.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            _signals++;
        }

        wake();
    }

    /// <summary>appd says that the session is about to end. A guest that cannot hear goes on until the signal.</summary>
    public void Announce(uint graceMilliseconds)
    {
        lock (_gate)
        {
            if (_signalled && _told && _endAt < 0)
            {
                // The signal was ahead of this and told a grace of its own; appd's is the one that counts.
                _interruptAt = Environment.TickCount64 + graceMilliseconds + Slack;
                return;
            }

            Tell(graceMilliseconds);
        }
    }

    /// <summary>Milliseconds until <see cref="Step"/> has something to do; -1 for never.</summary>
    public long Timeout()
    {
        lock (_gate)
        {
            long next = _endAt >= 0 ? _endAt : _interruptAt;
            return next < 0 ? -1 : Math.Max(0, next - Environment.TickCount64);
        }
    }

    /// <summary>Does what is due.</summary>
    public void Step()
    {
        bool force;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            if (_signals > 0)
            {
                // The first signal is a request, the second is meant.
                bool insists = _signals > 1 || _signalled;
                _signals = 0;
                _signalled = true;
                if (insists || !Tell(DefaultGrace))
                {
                    _interruptAt = now;
                }
            }

            if (_interruptAt >= 0 && _interruptAt <= now && _endAt < 0)
            {
                ending.StopRequested = true;
                _endAt = now + InterruptDeadline;
                Interrupts();
            }

            force = _endAt >= 0 && _endAt <= now;
        }

        if (force)
        {
            ending.Finish(GuestEnd.Trapped(TrapNames.Interrupt, "ended inside a call that waits", []));
        }
    }

    /// <summary>Under _gate: tells the guest, once; false where it cannot hear.</summary>
    private bool Tell(uint graceMilliseconds)
    {
        if (_told)
        {
            return true;
        }

        if (!Tells(graceMilliseconds))
        {
            return false;
        }

        _told = true;
        ending.StopRequested = true;
        _interruptAt = Environment.TickCount64 + graceMilliseconds + Slack;
        return true;
    }
}
