using System.Globalization;

namespace Weft.Tests.Support;

/// <summary>A process and when it started, so that another one with its number is not taken for it.</summary>
public readonly record struct ProcessFacts(int Pid, int Parent, char State, ulong CpuTicks, ulong StartTime, string Command)
{
    /// <summary>Whether this very process still runs. A zombie does not.</summary>
    public bool Runs => ProcessTable.Read(Pid) is { State: not 'Z' } now && now.StartTime == StartTime;
}

/// <summary>/proc as the tests look at it from outside.</summary>
public static class ProcessTable
{
    public static ProcessFacts? Read(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            int name = stat.LastIndexOf(')');
            string[] fields = stat[(name + 2)..].Split(' ');
            return new ProcessFacts(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0],
                ulong.Parse(fields[11], CultureInfo.InvariantCulture) + ulong.Parse(fields[12], CultureInfo.InvariantCulture),
                ulong.Parse(fields[19], CultureInfo.InvariantCulture), stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..name]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static IReadOnlyList<ProcessFacts> All() =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => Read(int.Parse(name!, CultureInfo.InvariantCulture))).OfType<ProcessFacts>()];

    /// <summary>Children, their children, and so on.</summary>
    public static IReadOnlyList<ProcessFacts> Descendants(int pid)
    {
        ILookup<int, ProcessFacts> children = All().ToLookup(process => process.Parent);
        var found = new List<ProcessFacts>();
        var open = new Queue<int>([pid]);
        while (open.TryDequeue(out int parent))
        {
            foreach (ProcessFacts child in children[parent])
            {
                found.Add(child);
                open.Enqueue(child.Pid);
            }
        }

        return found;
    }

    /// <summary>Open descriptors, what each leads to.</summary>
    public static IReadOnlyList<string> Descriptors(int pid) =>
        [.. Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(link => new FileInfo(link).LinkTarget ?? "").Order(StringComparer.Ordinal)];

    /// <summary>Proportional set size in KiB.</summary>
    public static long Pss(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup").Where(line => line.StartsWith("Pss:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();

    /// <summary>Bound and connected Unix sockets below a folder.</summary>
    public static IReadOnlyList<string> UnixSockets(string folder) =>
        [.. File.ReadLines("/proc/net/unix").Select(line => line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries)).Where(parts => parts.Length == 8)
            .Select(parts => parts[7]).Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal))];
}
