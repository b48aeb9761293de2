using System.Globalization;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// Which children of this process are a <see cref="ChildProcess"/>, and what to do with the others: with <see cref="AdoptOrphans"/> the
/// descendants that outlive their parents become this process's own children, instead of vanishing below pid 1 where no ancestry leads.
/// </summary>
public static partial class Children
{
    private const int PR_SET_CHILD_SUBREAPER = 36;
    private const int P_PID = 1;
    private const int WNOHANG = 1;
    private const int WEXITED = 4;

    // Spawns share it, the reaper has it alone: a child that was just made is no orphan.
    private static readonly ReaderWriterLockSlim Gate = new();
    private static readonly HashSet<int> Known = [];
    private static readonly Lock KnownGate = new();
    private static PosixSignalRegistration? _reaper;

    /// <summary>
    /// From now on orphaned descendants are children of this process and are waited for when they end. Once, at start, in a process that
    /// starts programs only through <see cref="ChildProcess"/>: it would take the exit status from System.Diagnostics.Process.
    /// </summary>
    public static void AdoptOrphans()
    {
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        {
            throw LinuxException.FromLastError("prctl PR_SET_CHILD_SUBREAPER", null);
        }

        _reaper ??= PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => ReapOrphans());
    }

    /// <summary>Children that no <see cref="ChildProcess"/> stands for: orphans of sessions. The kernel gives them to the main thread.</summary>
    internal static List<int> Orphans()
    {
        string children;
        try
        {
            children = File.ReadAllText($"/proc/self/task/{Environment.ProcessId}/children");
        }
        catch (IOException)
        {
            return []; // A kernel without CONFIG_PROC_CHILDREN.
        }

        List<int> orphans = [];
        lock (KnownGate)
        {
            foreach (Range range in children.AsSpan().Split(' '))
            {
                if (int.TryParse(children.AsSpan()[range], CultureInfo.InvariantCulture, out int pid) && !Known.Contains(pid))
                {
                    orphans.Add(pid);
                }
            }
        }

        return orphans;
    }

    internal static void EnterSpawn() => Gate.EnterReadLock();

    internal static void LeaveSpawn() => Gate.ExitReadLock();

    internal static void Add(int pid)
    {
        lock (KnownGate)
        {
            Known.Add(pid);
        }
    }

    internal static void Remove(int pid)
    {
        lock (KnownGate)
        {
            Known.Remove(pid);
        }
    }

    private static void ReapOrphans()
    {
        Gate.EnterWriteLock();
        try
        {
            foreach (int pid in Orphans())
            {
                // Those that live are left alone (WNOHANG); whoever ends their session finds them.
                _ = waitid(P_PID, pid, 0, WEXITED | WNOHANG);
            }
        }
        finally
        {
            Gate.ExitWriteLock();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, int id, nint information, int options);
}
