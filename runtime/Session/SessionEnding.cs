using System.Diagnostics.CodeAnalysis;
using System.Text;
using Weft.Core.Output;
using Weft.Linux;
using EndKind = Weft.Core.Output.GuestEnd;
using GuestEnd = Weft.Runtime.Wasmtime.GuestEnd;

namespace Weft.Runtime.Session;

/// <summary>The end of a session: its record is written, then the process is gone. Whoever comes first ends it.</summary>
internal sealed class SessionEnding(EndRecordWriter? record, bool byHand)
{
    /// <summary>Exit code of a guest that trapped, as the Wasmtime command line has it.</summary>
    private const int Trapped = 134;

    /// <summary>Exit code of a guest that was ended by SIGTERM, as shells have it.</summary>
    private const int Terminated = 143;

    private const int Failed = 1;

    private readonly Lock _gate = new();
    private bool _stopRequested;

    /// <summary>Somebody asked for the end: an interrupted guest is no crash then.</summary>
    public bool StopRequested
    {
        get => Volatile.Read(ref _stopRequested);
        set => Volatile.Write(ref _stopRequested, value);
    }

    /// <summary>Called before the last record: what a guest left half-written is given out.</summary>
    public Action Flush { get; set; } = static () => { };

    /// <summary>Called after it: what appd is owed is sent.</summary>
    public Action Settle { get; set; } = static () => { };

    /// <summary>Called before the process is gone: nothing of the engine outlives it.</summary>
    public Action Abandon { get; set; } = static () => { };

    /// <summary>Writes that the guest runs from here on.</summary>
    public void Began() => record?.Began();

    /// <summary>Writes how it ended, and ends the process.</summary>
    [DoesNotReturn]
    public void Finish(GuestEnd end)
    {
        // Never left: a second thread that comes here waits until the process is gone.
        _gate.Enter();
        bool interrupted = StopRequested && end.ExitCode is null;
        try
        {
            Flush();
            record?.Ended(Kind(end, interrupted), end.Message.Length > 0 ? end.Message : null, end.ExitCode, end.Trap, end.Backtrace);
            if (byHand && end.ExitCode is null && !interrupted)
            {
                Say(end);
            }
        }
        catch (IOException)
        {
            // No room for the record, or nobody listens: the exit code still says it.
        }

        Settle();
        Abandon();
        CurrentProcess.Exit(end.ExitCode ?? (interrupted ? Terminated : end.Refused ? Failed : Trapped));
    }

    private static EndKind Kind(GuestEnd end, bool interrupted) =>
        end.ExitCode is not null ? EndKind.Exited : end.Refused ? EndKind.Refused : interrupted ? EndKind.Interrupted : EndKind.Trapped;

    private static void Say(GuestEnd end)
    {
        var text = new StringBuilder(end.Refused ? "error: " : "error: the guest trapped: ").Append(end.Message).Append('\n');
        foreach (string frame in end.Backtrace)
        {
            text.Append("    ").Append(frame).Append('\n');
        }

        RawDescriptors.WriteAll(2, Encoding.UTF8.GetBytes(text.ToString()));
    }
}
