using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>Signal numbers by their C names (the same on x86-64 and arm64).</summary>
public static class Signals
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGABRT = 6;
    public const int SIGKILL = 9;
    public const int SIGSEGV = 11;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;

    /// <summary>The C name of a number, as <c>SIGTERM</c>.</summary>
    public static string Name(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        17 => "SIGCHLD",
        18 => "SIGCONT",
        19 => "SIGSTOP",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => $"signal {signal}",
    };
}

/// <summary>Descriptors of processes: unlike a number, one never comes to mean another process.</summary>
public static partial class Pidfd
{
    private const int SYS_pidfd_send_signal = 424;
    private const int SYS_pidfd_open = 434;
    private const short POLLIN = 1;

    /// <summary>Null where there is no such process (ESRCH). Whether it is the one that is meant is for the caller to check after opening, by <see cref="Processes.StartTime"/>.</summary>
    public static Descriptor? TryOpen(int pid)
    {
        nint number = pidfd_open(SYS_pidfd_open, pid, 0);
        if (number >= 0)
        {
            return new Descriptor((int)number);
        }

        int errno = Marshal.GetLastPInvokeError();
        // EINVAL: the number is that of a thread which leads no process, so no process has it.
        return errno is Errno.ESRCH or Errno.EINVAL ? null : throw new LinuxException("pidfd_open", $"pid {pid}", errno);
    }

    /// <summary>Opens the process with this number and this start time; null where it is gone, even if its number lives on.</summary>
    public static Descriptor? TryOpen(int pid, ulong startTime)
    {
        Descriptor? process = TryOpen(pid);
        if (process is not null && Processes.StartTime(pid) != startTime)
        {
            process.Dispose();
            return null;
        }

        return process;
    }

    /// <summary>Sends a signal; false where the process has been waited for already. Signal 0 only asks.</summary>
    public static bool Signal(Descriptor process, int signal)
    {
        if (pidfd_send_signal(SYS_pidfd_send_signal, process, signal, 0, 0) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new LinuxException("pidfd_send_signal", $"{Signals.Name(signal)} to descriptor {process.Number}", errno);
    }

    /// <summary>Whether the process has ended (it may be a zombie still); waits up to <paramref name="milliseconds"/>, blocking the thread.</summary>
    public static bool HasEnded(Descriptor process, int milliseconds = 0)
    {
        PollRequest request = new() { Events = POLLIN };
        bool held = false;
        try
        {
            process.DangerousAddRef(ref held);
            request.Number = process.Number;
            // A signal handler shortens the wait; callers look again anyway.
            return poll(ref request, 1, milliseconds) > 0;
        }
        finally
        {
            if (held)
            {
                process.DangerousRelease();
            }
        }
    }

    /// <summary>Ends when the process has ended. Works for any process, a child or not.</summary>
    public static Task WaitAsync(Descriptor process, CancellationToken cancellationToken = default)
        => Poller.Shared.WaitAsync(process, PollEvents.Readable, cancellationToken);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Number;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint pidfd_open(nint number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint pidfd_send_signal(nint number, Descriptor pidfd, nint signal, nint info, nint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollRequest request, nuint count, int milliseconds);
}
