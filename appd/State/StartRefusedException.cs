namespace Weft.Appd.State;

/// <summary>appd must not start; the message says why and what to do, <see cref="ExitCode"/> is from sysexits(3).</summary>
internal sealed class StartRefusedException(int exitCode, string message) : Exception(message)
{
    /// <summary>EX_TEMPFAIL: another appd holds the root (docs: spec Root lock). The unit does not restart after it.</summary>
    public const int Locked = 75;

    /// <summary>EX_CONFIG: something a person must mend first. The unit does not restart after it.</summary>
    public const int Misconfigured = 78;

    public int ExitCode { get; } = exitCode;
}
