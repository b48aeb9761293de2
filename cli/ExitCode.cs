namespace Weft.Cli;

/// <summary>Exit codes of <c>weft</c> (docs/cli.md); 69 and 75 are those of sysexits.h.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>No daemon answers.</summary>
    public const int NoDaemon = 69;

    /// <summary>The same may work later: the daemon starts or stops, a queue is full, another process works in the store.</summary>
    public const int TryAgain = 75;
}

/// <summary>Ends the program with a message for the person: <c>what; how to mend it</c>.</summary>
internal sealed class CliException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CliException Failed(string message) => new(Cli.ExitCode.Failed, message);

    public static CliException Usage(string message) => new(Cli.ExitCode.Usage, message);
}
