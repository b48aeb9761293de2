using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>The processes of one session, as the session sees them. The real one is <see cref="RuntimeProcess"/>; tests script another.</summary>
internal interface IRuntimeProcess : IDisposable
{
    /// <summary>Pid of the leader.</summary>
    public int Pid { get; }

    /// <summary>Clock ticks since boot, see <see cref="ProcessFacts.StartTime"/>.</summary>
    public ulong StartTime { get; }

    /// <summary>Ends when the leader has ended. Other members may live until <see cref="KillAsync"/>.</summary>
    public Task<ExitStatus> Exited { get; }

    /// <summary>Ends when its own pipes were read to their end: after it no READY can come.</summary>
    public Task Drained { get; }

    /// <summary>The guest may run: the last byte that the process is held by. False where it has ended already.</summary>
    public bool LetGo();

    /// <summary>Nothing more is expected on the process's own pipes: it is ready.</summary>
    public void StopWatchingForReady();

    /// <summary>SIGTERM, which a runtime takes as <c>closing</c>.</summary>
    public void AskToStop();

    /// <summary>Kills every member and looks again until none is left.</summary>
    /// <returns>What could not be killed in time, in words; normally nothing.</returns>
    public Task<IReadOnlyList<string>> KillAsync(TimeSpan deadline);

    /// <summary>What the process itself wrote to its standard error and nobody has read yet: a reason, in the worst case.</summary>
    public string LastWords();
}

/// <summary>What a runtime's pipes tell. Called on the poller's thread: short, and never blocking.</summary>
internal interface IRuntimeListener
{
    /// <summary>The runtime's box and engine stand; it waits to be let go. One JSON object.</summary>
    public void OnReported(byte[] report);

    /// <summary>The line with the session's token came.</summary>
    public void OnReady();

    /// <summary>Output of a foreign runtime's own pipes.</summary>
    public void OnForeignOutput(ReadOnlySpan<byte> bytes, bool error);
}
