namespace Weft.Linux;

/// <summary>How a child ended: exactly one of the two is set.</summary>
public readonly record struct ExitStatus(int? Code, int? Signal)
{
    public override string ToString() => Signal is { } signal ? $"killed by {Signals.Name(signal)}" : $"exit code {Code}";
}

/// <summary>One descriptor a child gets, and the number it has there. The source stays the caller's.</summary>
public readonly record struct PassedDescriptor(Descriptor Source, int Target);

/// <summary>
/// Hard and soft limits of a child (setrlimit(2)); null leaves what this process has. In force before the program's first instruction, by
/// starting it through prlimit(1), which costs a millisecond: posix_spawn cannot set limits, a .NET program that has reserved its heap before
/// the limit comes dies of it, and one that has become another user's already is out of reach of a root without CAP_SYS_RESOURCE.
/// </summary>
public sealed record ChildLimits
{
    /// <summary>Bytes of address space.</summary>
    public long? AddressSpace { get; init; }

    /// <summary>Bytes of a core dump.</summary>
    public long? CoreSize { get; init; }

    /// <summary>Seconds of computing, then SIGXCPU and SIGKILL.</summary>
    public long? CpuSeconds { get; init; }

    /// <summary>Bytes that a file can grow to by its writing, then SIGXFSZ.</summary>
    public long? FileSize { get; init; }

    /// <summary>The lowest descriptor number the child cannot get.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>As prlimit(1) has them.</summary>
    internal IEnumerable<string> Options() =>
        from limit in ((string Name, long? Value)[])[("as", AddressSpace), ("core", CoreSize), ("cpu", CpuSeconds), ("fsize", FileSize), ("nofile", OpenFiles)]
        where limit.Value is not null
        select string.Create(System.Globalization.CultureInfo.InvariantCulture, $"--{limit.Name}={limit.Value}");
}

/// <summary>A program to start. What is not named here it does not get: no variable, no descriptor, no blocked or ignored signal.</summary>
public sealed record SpawnRequest
{
    /// <summary>Absolute path of an executable or script; PATH is not searched.</summary>
    public required string Program { get; init; }

    /// <summary>Without the program's name, which comes first by itself.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What the child has open. 0, 1 and 2 are /dev/null where they are not named; all else is closed.</summary>
    public IReadOnlyList<PassedDescriptor> Descriptors { get; init; } = [];

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The child leads a session and process group of its own (setsid), which <see cref="ChildProcess.KillSessionAsync"/> ends as a whole.</summary>
    public bool NewSession { get; init; } = true;

    /// <summary>Null: this process's own.</summary>
    public ChildLimits? Limits { get; init; }
}
