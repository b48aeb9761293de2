using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Linux;

/// <summary>One line of the process table, from /proc/PID/stat.</summary>
public sealed record ProcessFacts
{
    public required int Pid { get; init; }

    /// <summary>The first 15 bytes of the program's name, or what the process says it is: for messages only.</summary>
    public required string Name { get; init; }

    /// <summary>R, S, D, T, Z… as in proc(5).</summary>
    public required char State { get; init; }

    public required int Parent { get; init; }

    public required int Group { get; init; }

    /// <summary>The pid of the process that made the session (setsid).</summary>
    public required int Session { get; init; }

    /// <summary>Clock ticks since boot. Pid and start time together name one process of this boot.</summary>
    public required ulong StartTime { get; init; }

    /// <summary>Computing so far, its own threads': clock ticks of a hundredth of a second.</summary>
    public required ulong CpuTicks { get; init; }

    /// <summary>The same of its children that have ended and were waited for, and of theirs.</summary>
    public required ulong ChildrenCpuTicks { get; init; }

    public required int Threads { get; init; }

    /// <summary>Dead, though its parent has not asked yet; nothing of it runs or can be killed.</summary>
    public bool IsZombie => State is 'Z' or 'X' or 'x';
}

/// <summary>The process table, read from /proc.</summary>
public static partial class Processes
{
    private static string? _bootId;

    /// <summary>Differs after every boot of the kernel.</summary>
    public static string BootId => _bootId ??= Encoding.ASCII.GetString(Files.ReadAll("/proc/sys/kernel/random/boot_id", 128)).Trim();

    /// <summary>Null where there is no such process.</summary>
    public static ProcessFacts? Find(int pid) => Find(pid, mustLook: false);

    private static ProcessFacts? Find(int pid, bool mustLook)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int count = ReadProc(pid, "stat", buffer, mustLook);
        return count > 0 ? Parse(pid, buffer[..count]) : null;
    }

    /// <summary>As <see cref="Find"/>, for who decides by it: without a descriptor left to look with, that is an error and not an absent process.</summary>
    public static ProcessFacts? Look(int pid) => Find(pid, mustLook: true);

    /// <summary>Clock ticks since boot at which the process began; null where there is none.</summary>
    public static ulong? StartTime(int pid) => Find(pid)?.StartTime;

    /// <summary>The parent's pid; 0 for the first process, null where there is no such process.</summary>
    public static int? Parent(int pid) => Find(pid)?.Parent;

    /// <summary>Whether <paramref name="pid"/> is <paramref name="ancestor"/> or comes from it, by what the process table says now.</summary>
    public static bool DescendsFrom(int pid, int ancestor)
    {
        // A table that changes while it is read could lead in circles.
        for (int steps = 0; pid > 0 && steps < 1000; steps++)
        {
            if (pid == ancestor)
            {
                return true;
            }

            pid = Look(pid)?.Parent ?? 0;
        }

        return false;
    }

    /// <summary>All processes, kernel threads and zombies included. What starts or ends meanwhile may be missing.</summary>
    public static List<ProcessFacts> All()
    {
        List<ProcessFacts> all = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(folder.AsSpan("/proc/".Length), out int pid) && Find(pid) is { } facts)
            {
                all.Add(facts);
            }
        }

        return all;
    }

    /// <summary>The living members of a session, the leader included.</summary>
    public static List<ProcessFacts> InSession(int session) => All().FindAll(process => process.Session == session && !process.IsZombie);

    /// <summary>The command line, arguments joined by blanks; the name in brackets where it is empty, null where there is no such process.</summary>
    public static string? CommandOf(int pid)
    {
        byte[] buffer = new byte[4096];
        int count = ReadProc(pid, "cmdline", buffer);
        if (count > 0)
        {
            return Encoding.UTF8.GetString(buffer.AsSpan(0, count).TrimEnd((byte)0)).Replace('\0', ' ');
        }

        return Find(pid) is { } facts ? $"[{facts.Name}]" : null;
    }

    /// <summary>Bytes of memory that are the process's own share (proportional set size); null where there is no such process or it may not be asked.</summary>
    public static long? Pss(int pid)
    {
        byte[] buffer = new byte[2048];
        int count = ReadProc(pid, "smaps_rollup", buffer);
        ReadOnlySpan<byte> text = buffer.AsSpan(0, Math.Max(count, 0));
        int at = text.IndexOf("\nPss:"u8);
        return at >= 0 && Utf8Parser.TryParse(text[(at + 5)..].TrimStart((byte)' '), out long kilobytes, out _) ? kilobytes * 1024 : null;
    }

    /// <summary>Whether the environment that the process was started with has exactly this entry (<c>NAME=value</c>); false where it may not be asked.</summary>
    public static bool HasEnvironment(int pid, string entry)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int count = ReadProc(pid, "environ", buffer);
            return HasEntry(buffer.AsSpan(0, Math.Max(count, 0)), Encoding.UTF8.GetBytes(entry));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool HasEntry(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> wanted)
    {
        while (!environment.IsEmpty)
        {
            int end = environment.IndexOf((byte)0);
            if ((end < 0 ? environment : environment[..end]).SequenceEqual(wanted))
            {
                return true;
            }

            environment = end < 0 ? default : environment[(end + 1)..];
        }

        return false;
    }

    /// <summary>Reads a file of one process without a FileStream; 0 or less where the process is gone or does not let us.</summary>
    private static int ReadProc(int pid, string file, Span<byte> buffer, bool mustLook = false)
    {
        int number = open($"/proc/{pid}/{file}", O_RDONLY | O_CLOEXEC);
        if (number < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return mustLook && errno is (Errno.EMFILE or Errno.ENFILE) ? throw new LinuxException("open", $"/proc/{pid}/{file}", errno) : 0;
        }

        using Descriptor descriptor = new(number);
        int filled = 0;
        try
        {
            int count;
            while (filled < buffer.Length && (count = Files.Read(descriptor, buffer[filled..])) > 0)
            {
                filled += count;
            }
        }
        catch (LinuxException)
        {
            // ESRCH: it ended between open and read. EACCES: environ and smaps of another user.
            return 0;
        }

        return filled;
    }

    private static ProcessFacts? Parse(int pid, ReadOnlySpan<byte> line)
    {
        // The name is in brackets and may contain anything, brackets and blanks included: fields are counted from the last bracket.
        int nameBegins = line.IndexOf((byte)'(') + 1;
        int nameEnds = line.LastIndexOf((byte)')');
        if (nameBegins <= 0 || nameEnds < nameBegins || line.Length < nameEnds + 4)
        {
            return null;
        }

        ReadOnlySpan<byte> fields = line[(nameEnds + 2)..];
        char state = (char)fields[0];
        Span<long> numbers = stackalloc long[22];
        int index = 3;
        int at = 2;
        while (index < 22 && at < fields.Length && Utf8Parser.TryParse(fields[at..], out long value, out int used))
        {
            numbers[index++] = value;
            at += used + 1;
        }

        return index < 22 ? null : new ProcessFacts
        {
            Pid = pid,
            Name = Encoding.UTF8.GetString(line[nameBegins..nameEnds]),
            State = state,
            Parent = (int)numbers[3],
            Group = (int)numbers[4],
            Session = (int)numbers[5],
            CpuTicks = (ulong)(numbers[13] + numbers[14]),
            ChildrenCpuTicks = (ulong)(numbers[15] + numbers[16]),
            Threads = (int)numbers[19],
            StartTime = (ulong)numbers[21],
        };
    }

    private const int O_RDONLY = 0;
    private const int O_CLOEXEC = 0x80000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
