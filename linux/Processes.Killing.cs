using System.Diagnostics;

namespace Weft.Linux;

/// <summary>All that came from one session leader.</summary>
/// <param name="Session">The leader's pid, which is the session's number.</param>
/// <param name="StartTime">The leader's start time, so that a number used again is not taken for it.</param>
/// <param name="Mark">An entry of the environment that only this family has; null finds no one who left the session and lost its parent.</param>
public readonly record struct ProcessFamily(int Session, ulong StartTime, string? Mark = null);

public static partial class Processes
{
    private static readonly Lock ScanGate = new();
    private static IReadOnlyList<ProcessFacts> _lastScan = []; // guarded by ScanGate
    private static long _scanCovers;                           // guarded by ScanGate; requests up to this one came before the last scan began
    private static long _scanRequests;

    /// <summary>
    /// The living members: whoever is in the session, descends from a member by what the table says now, or was started with the mark
    /// (a fork keeps it, also past setsid and the death of its parents; only a program that hides its own environment escapes that, then
    /// the cgroup, where there is one, is what holds it).
    /// </summary>
    public static List<ProcessFacts> Family(ProcessFamily family)
    {
        IReadOnlyList<ProcessFacts> all = SharedScan();
        HashSet<int> members = [];
        ProcessFacts? holder = all.FirstOrDefault(process => process.Pid == family.Session);

        // Another process leads a session of this number now: none of the old one is left in it, or the number would not have been free.
        bool sameSession = holder is null || holder.StartTime == family.StartTime;
        List<ProcessFacts> found = [];
        foreach (ProcessFacts process in all)
        {
            if (process.StartTime < family.StartTime || process.Pid == Environment.ProcessId)
            {
                continue;
            }

            bool isMember = (sameSession && process.Session == family.Session)
                || (sameSession && process.Pid == family.Session)
                || (family.Mark is not null && !process.IsZombie && process.Session != 0 && HasEnvironment(process.Pid, family.Mark));
            if (isMember)
            {
                members.Add(process.Pid);
                found.Add(process);
            }
        }

        // Descendants, generation by generation, until no more are found.
        for (bool more = members.Count > 0; more;)
        {
            more = false;
            foreach (ProcessFacts process in all)
            {
                if (members.Contains(process.Parent) && process.Pid != Environment.ProcessId && members.Add(process.Pid))
                {
                    found.Add(process);
                    more = true;
                }
            }
        }

        found.RemoveAll(process => process.IsZombie);
        return found;
    }

    /// <summary>
    /// Kills a family (SIGKILL) and looks again until none is left, since a member may fork while it is looked for. Each is opened, checked by
    /// start time, then killed. Returns who is left at the deadline, normally nobody. Blocks the thread.
    /// </summary>
    public static IReadOnlyList<ProcessFacts> KillFamily(ProcessFamily family, TimeSpan deadline)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            List<ProcessFacts> members = Family(family);
            if (members.Count == 0)
            {
                return [];
            }

            List<Descriptor> dying = [];
            try
            {
                foreach (ProcessFacts member in members)
                {
                    if (Pidfd.TryOpen(member.Pid, member.StartTime) is { } process)
                    {
                        dying.Add(process);
                        Pidfd.Signal(process, Signals.SIGKILL);
                    }
                }

                foreach (Descriptor process in dying)
                {
                    TimeSpan left = deadline - Stopwatch.GetElapsedTime(began);
                    if (left <= TimeSpan.Zero)
                    {
                        return Family(family);
                    }

                    // Short of the deadline: one that cannot die must not keep us from those that forked.
                    Pidfd.HasEnded(process, (int)Math.Min(left.TotalMilliseconds + 1, 100));
                }
            }
            finally
            {
                dying.ForEach(process => process.Dispose());
            }
        }
    }

    /// <summary>As <see cref="KillFamily"/>, on a thread of the pool.</summary>
    public static Task<IReadOnlyList<ProcessFacts>> KillFamilyAsync(ProcessFamily family, TimeSpan deadline)
        => Task.Run(() => KillFamily(family, deadline));

    /// <summary>
    /// The process table as of a moment after this call. Fifty sessions that end at once share two scans instead of doing fifty: whoever waits
    /// for one takes the next if it began after they asked.
    /// </summary>
    private static IReadOnlyList<ProcessFacts> SharedScan()
    {
        long request = Interlocked.Increment(ref _scanRequests);
        lock (ScanGate)
        {
            if (_scanCovers < request)
            {
                long covers = Volatile.Read(ref _scanRequests);
                _lastScan = All();
                _scanCovers = covers;
            }

            return _lastScan;
        }
    }
}
