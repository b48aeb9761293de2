using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// A child that <see cref="Start"/> made. It stays a zombie after its end until this object is disposed, so its number, and that of its
/// session, cannot come to mean another process meanwhile. Dispose it in any case, also after <see cref="Exited"/>; a child that lives
/// then goes on and is waited for when it ends.
/// </summary>
public sealed partial class ChildProcess : IDisposable
{
    private const int P_PID = 1;
    private const int P_PIDFD = 3;
    private const int WEXITED = 4;
    private const int WNOWAIT = 0x01000000;
    private const int CLD_EXITED = 1;

    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly string? _mark;
    private IDisposable? _watch;  // guarded by _gate
    private bool _ended;          // guarded by _gate
    private bool _disposed;       // guarded by _gate
    private bool _reaped;         // guarded by _gate

    private ChildProcess(int pid, ulong startTime, Descriptor pidfd, bool leadsSession, string? mark)
    {
        Pid = pid;
        StartTime = startTime;
        Pidfd = pidfd;
        LeadsSession = leadsSession;
        _mark = mark;
    }

    public int Pid { get; }

    /// <summary>Clock ticks since boot, see <see cref="ProcessFacts.StartTime"/>.</summary>
    public ulong StartTime { get; }

    /// <summary>Owned by this object: duplicate it to keep it longer.</summary>
    public Descriptor Pidfd { get; }

    public bool LeadsSession { get; }

    /// <summary>Ends when the child has ended; descendants may live.</summary>
    public Task<ExitStatus> Exited => _exited.Task;

    /// <summary>Sends a signal to the child alone; false where it has ended.</summary>
    public bool Signal(int signal)
    {
        lock (_gate)
        {
            return !_ended && !_disposed && Pidfd.IsClosed is false && Weft.Linux.Pidfd.Signal(Pidfd, signal);
        }
    }

    /// <summary>Sends a signal to the session's process group, which is what a shell's jobs and a program's helpers are in; false where none is left.</summary>
    public bool SignalGroup(int signal)
    {
        lock (_gate)
        {
            // Until it is reaped nobody else's group can have this number.
            return !_reaped && LeadsSession && kill(-Pid, signal) == 0;
        }
    }

    /// <summary>
    /// Kills the child and all that came from it (see <see cref="Processes.KillFamily"/>), and looks again until nothing is left. Returns
    /// what could not be killed within <paramref name="deadline"/> (a process in the middle of disk access), normally nothing.
    /// </summary>
    public async Task<IReadOnlyList<ProcessFacts>> KillSessionAsync(TimeSpan deadline)
    {
        bool gone;
        lock (_gate)
        {
            gone = _reaped || _disposed;
        }

        if (gone)
        {
            return [];
        }

        // The leader first and at once: most have no descendants, and it cannot fork while others are looked for.
        if (!LeadsSession)
        {
            Signal(Signals.SIGKILL);
            await Exited.WaitAsync(deadline);
            return [];
        }

        return await Processes.KillFamilyAsync(new ProcessFamily(Pid, StartTime, _mark), deadline);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_ended)
            {
                Reap();
            }
        }
    }

    private void Watch()
    {
        lock (_gate)
        {
            _watch = Poller.Shared.RegisterOnce(Pidfd, PollEvents.Readable, OnEnded);
        }
    }

    /// <summary>On the poller's thread.</summary>
    private void OnEnded()
    {
        ExitStatus status;
        lock (_gate)
        {
            status = Wait(WEXITED | WNOWAIT) ?? new ExitStatus(null, Signals.SIGKILL);
            _ended = true;
            _watch?.Dispose();
            if (_disposed)
            {
                Reap();
            }
        }

        _exited.TrySetResult(status);
    }

    /// <summary>Caller holds the gate.</summary>
    private void Reap()
    {
        if (!_reaped)
        {
            _reaped = true;

            // Forgotten before it is reaped: afterwards the number can be a new child's. Should the orphans' reaper be faster, that is all the same.
            Children.Remove(Pid);
            Wait(WEXITED);
            Pidfd.Dispose();
        }
    }

    /// <summary>Null where somebody else has waited for it (nobody does: .NET reaps only what it started itself).</summary>
    private ExitStatus? Wait(int options)
    {
        SignalInformation information = default;
        while (waitid(P_PIDFD, Pidfd.Number, ref information, options) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.ECHILD)
            {
                return null;
            }

            if (errno != Errno.EINTR)
            {
                throw new LinuxException("waitid", $"pid {Pid}", errno);
            }
        }

        return information.Code == CLD_EXITED ? new ExitStatus(information.Status, null) : new ExitStatus(null, information.Status);
    }

    /// <summary>siginfo_t as waitid fills it on 64-bit Linux (128 bytes).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct SignalInformation
    {
        [FieldOffset(8)] public int Code;
        [FieldOffset(24)] public int Status;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, int id, ref SignalInformation information, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
