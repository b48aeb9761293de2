namespace Weft.Core.Output;

/// <summary>How a guest ended, as its runtime saw it.</summary>
public enum GuestEnd
{
    /// <summary>It left with an exit code.</summary>
    Exited,

    /// <summary>It trapped.</summary>
    Trapped,

    /// <summary>It was asked to stop and did not leave by itself: interrupted, by an epoch or with the whole process.</summary>
    Interrupted,

    /// <summary>It never ran: the engine refused its module, a grant could not be enforced, an import is missing.</summary>
    Refused,
}

/// <summary>
/// What a runtime wrote into its end file (docs/protocol.md, "End record"), so that an end that nobody could wait for is
/// still explained. Written by a process that is not trusted: it explains, it proves nothing.
/// </summary>
public sealed record EndRecord
{
    /// <summary>Unix milliseconds at which the guest was let go; null: it never began.</summary>
    public long? Began { get; init; }

    /// <summary>Unix milliseconds of the end; null: the runtime could not say, or it still runs.</summary>
    public long? Ended { get; init; }

    public GuestEnd? Kind { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>The trap's name: <c>integer_overflow</c>, <c>stack_overflow</c>. Null where it has none.</summary>
    public string? Trap { get; init; }

    public string? Message { get; init; }

    /// <summary>Frames of the guest, innermost first.</summary>
    public IReadOnlyList<string> Backtrace { get; init; } = [];

    public IReadOnlyList<EndFact> Facts { get; init; } = [];

    /// <summary>The last line was cut off, or a line was none: what stands here is what could be read.</summary>
    public bool Damaged { get; init; }
}

/// <summary>One observation of the runtime.</summary>
/// <param name="At">Unix milliseconds.</param>
public sealed record EndFact(long At, string What);
