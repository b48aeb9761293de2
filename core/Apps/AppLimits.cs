namespace Weft.Core.Apps;

/// <summary>Limits of one session, all of them known. Made from what was asked for and what the machine allows.</summary>
public sealed record AppLimits
{
    /// <summary>Percent of one processor; 200 is two whole ones.</summary>
    public required int CpuPercent { get; init; }

    /// <summary>Bytes of memory of all processes of the session together.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Processes and threads of the session together.</summary>
    public required int Tasks { get; init; }

    /// <summary>Bytes of linear memory inside the engine.</summary>
    public required long LinearMemoryBytes { get; init; }

    /// <summary>What an app gets that names nothing, and the most it may ask for, unless the machine's settings say otherwise.</summary>
    public static AppLimits MachineDefaults { get; } = new()
    {
        CpuPercent = 200,
        MemoryBytes = 512L << 20,
        Tasks = 64,
        LinearMemoryBytes = 256L << 20,
    };
}

/// <summary>What the machine's settings say about limits: <c>limits.*</c> of docs/settings.md.</summary>
public sealed record MachineLimits
{
    /// <summary>The most a manifest or a launch may ask for.</summary>
    public AppLimits Most { get; init; } = AppLimits.MachineDefaults;

    /// <summary>What an app gets that asks for nothing; never above <see cref="Most"/>.</summary>
    public AppLimits Default { get; init; } = AppLimits.MachineDefaults;
}

/// <summary>Limits as a manifest or a launch asks for them; what is null was not asked for.</summary>
public sealed record RequestedLimits
{
    public int? CpuPercent { get; init; }

    public long? MemoryBytes { get; init; }

    public int? Tasks { get; init; }

    public long? LinearMemoryBytes { get; init; }

    /// <summary>Nothing asked for.</summary>
    public static RequestedLimits None { get; } = new();

    /// <summary>These, and where they say nothing what <paramref name="below"/> says: a launch's over the manifest's.</summary>
    public RequestedLimits Over(RequestedLimits below) => new()
    {
        CpuPercent = CpuPercent ?? below.CpuPercent,
        MemoryBytes = MemoryBytes ?? below.MemoryBytes,
        Tasks = Tasks ?? below.Tasks,
        LinearMemoryBytes = LinearMemoryBytes ?? below.LinearMemoryBytes,
    };

    /// <summary>The limits that are in force: what was asked for, else the machine's default.</summary>
    public AppLimits Resolve(MachineLimits machine) => new()
    {
        CpuPercent = CpuPercent ?? machine.Default.CpuPercent,
        MemoryBytes = MemoryBytes ?? machine.Default.MemoryBytes,
        Tasks = Tasks ?? machine.Default.Tasks,
        LinearMemoryBytes = LinearMemoryBytes ?? machine.Default.LinearMemoryBytes,
    };

    /// <summary>A sentence for each limit above what the machine allows; empty where all are within.</summary>
    public IReadOnlyList<string> Above(MachineLimits machine)
    {
        var problems = new List<string>();
        Check("cpu", CpuPercent, machine.Most.CpuPercent, static v => Amounts.FormatCpu((int)v));
        Check("memory", MemoryBytes, machine.Most.MemoryBytes, Amounts.FormatBytes);
        Check("tasks", Tasks, machine.Most.Tasks, static v => v.ToString());
        Check("linear_memory", LinearMemoryBytes, machine.Most.LinearMemoryBytes, Amounts.FormatBytes);
        return problems;

        void Check(string key, long? asked, long most, Func<long, string> format)
        {
            if (asked > most)
            {
                problems.Add($"{key} {format(asked.Value)} is above this machine's {format(most)}");
            }
        }
    }

    /// <summary>Reads limits as texts of the manifest's form (<c>cpu</c> "50%", <c>memory</c> "128M", <c>tasks</c> "32", <c>linear_memory</c> "64M").</summary>
    /// <returns>A sentence for each mistake; empty where there is none.</returns>
    public static IReadOnlyList<string> Read(IEnumerable<KeyValuePair<string, string>> texts, out RequestedLimits limits)
    {
        var problems = new List<string>();
        limits = None;
        foreach ((string key, string text) in texts)
        {
            string problem = "";
            switch (key)
            {
                case "cpu":
                    limits = limits with { CpuPercent = Amounts.TryParseCpu(text, out int cpu, out problem) ? cpu : null };
                    break;
                case "memory":
                    limits = limits with { MemoryBytes = Amounts.TryParseBytes(text, out long memory, out problem) ? memory : null };
                    break;
                case "tasks":
                    limits = limits with { Tasks = Amounts.TryParseTasks(text, out int tasks, out problem) ? tasks : null };
                    break;
                case "linear_memory":
                    limits = limits with { LinearMemoryBytes = Amounts.TryParseBytes(text, out long linear, out problem) ? linear : null };
                    break;
                default:
                    problem = "unknown limit: there are cpu, memory, tasks and linear_memory";
                    break;
            }

            if (problem.Length > 0)
            {
                problems.Add($"limits.{Printable.Quote(key)}: {problem}");
            }
        }

        return problems;
    }
}
