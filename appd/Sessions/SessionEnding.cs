using System.Globalization;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>All that is known when a session has ended; from it the cause is decided, once.</summary>
internal sealed record EndEvidence
{
    public required string AppName { get; init; }

    /// <summary>How the leader ended; null where nobody could wait for it.</summary>
    public required ExitStatus? Status { get; init; }

    /// <summary>Unix milliseconds of the end.</summary>
    public required long At { get; init; }

    public required bool WasReady { get; init; }

    /// <summary>The stop that was asked for, if any.</summary>
    public EndRequest? Requested { get; init; }

    /// <summary>The grace passed, or nobody wanted to wait for it.</summary>
    public bool Killed { get; init; }

    /// <summary>What the runtime wrote into the end record.</summary>
    public EndRecord? Record { get; init; }

    /// <summary>The last lines of the runtime's own standard error.</summary>
    public string LastWords { get; init; } = "";

    /// <summary>What else was seen.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];
}

/// <summary>
/// Decides why a session ended (docs: "End"). Precedence: a requested stop, trap, signal, exit code (what needs a scope or
/// an image to be seen comes before these, with them); before READY every end that nobody asked for is a failed launch,
/// whose message still says what it was.
/// </summary>
internal static class SessionEnding
{
    /// <summary>A fact's text, in characters: a backtrace fits, a flood does not.</summary>
    private const int LongestFact = 4000;

    public static SessionEnd Decide(EndEvidence seen)
    {
        (EndCause cause, string message) = Cause(seen);
        var facts = new List<Fact>(seen.Facts.Count + 4);
        if (seen.Requested is { } requested)
        {
            facts.Add(requested.Fact);
        }

        facts.AddRange(seen.Facts);
        if (seen.Record is { } record)
        {
            facts.AddRange(record.Facts.Select(fact => Fact(fact.At, "runtime", fact.What)));
            if (record.Backtrace.Count > 0)
            {
                facts.Add(Fact(record.Ended ?? seen.At, "runtime", "backtrace of the guest:\n" + string.Join('\n', record.Backtrace)));
            }
        }

        if (seen.LastWords.Length > 0)
        {
            facts.Add(Fact(seen.At, "stderr", seen.LastWords));
        }

        if (seen.Status is { } status)
        {
            facts.Add(Fact(seen.At, "pidfd", status.ToString()));
        }

        return new SessionEnd
        {
            Cause = cause,
            Message = message,
            ExitCode = seen.Record?.ExitCode ?? seen.Status?.Code,
            Signal = seen.Status?.Signal,
            Facts = facts,
        };
    }

    /// <summary>A fact with a bounded text.</summary>
    public static Fact Fact(long at, string source, string what) =>
        new() { At = at, Source = source, What = what.Length <= LongestFact ? what : string.Concat(what.AsSpan(0, LongestFact), "…") };

    private static (EndCause Cause, string Message) Cause(EndEvidence seen)
    {
        string name = seen.AppName;
        if (seen.Requested is { } requested)
        {
            string forced = seen.Killed && seen.WasReady && requested.Cause is EndCause.Terminated or EndCause.WindowClosed or EndCause.Shutdown
                ? " It did not stop by itself and was killed."
                : "";
            return (requested.Cause, $"{name} {requested.Message}.{forced}");
        }

        (EndCause cause, string what) = Accident(seen);
        return seen.WasReady
            ? (cause, $"{name} {what}.")
            : (EndCause.LaunchFailed, $"{name} could not start: it {what} before it was ready{Because(seen)}.");
    }

    private static (EndCause Cause, string What) Accident(EndEvidence seen)
    {
        if (seen.Record is { Kind: GuestEnd.Refused })
        {
            return (EndCause.Failed, "was refused by the engine");
        }

        if (seen.Record is { Kind: GuestEnd.Trapped } trapped)
        {
            // Not every one has a name: an exception that nobody caught, say.
            return (EndCause.Crashed, (trapped.Message ?? trapped.Trap) is { Length: > 0 } what ? $"crashed: {OneLine(what)}" : "crashed");
        }

        if (seen.Status?.Signal is { } signal)
        {
            return (EndCause.Crashed, $"was killed by {Signals.Name(signal)}");
        }

        return (seen.Record?.ExitCode ?? seen.Status?.Code) switch
        {
            0 => (EndCause.Exited, "ended by itself"),
            { } code => (EndCause.Failed, string.Create(CultureInfo.InvariantCulture, $"ended with an error (exit code {code})")),
            null => (EndCause.Crashed, "ended, and left nothing that says why"),
        };
    }

    /// <summary>The reason that the runtime itself gives: the record's message, else its last line.</summary>
    private static string Because(EndEvidence seen)
    {
        string reason = seen.Record is { Kind: not GuestEnd.Trapped, Message: { Length: > 0 } message } ? message : "";
        if (reason.Length == 0 && seen.LastWords.Length > 0)
        {
            string[] lines = seen.LastWords.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            reason = lines.Length > 0 ? lines[^1] : "";
        }

        return reason.Length == 0 ? "" : $" ({OneLine(reason)})";
    }

    private static string OneLine(string text)
    {
        int end = text.IndexOf('\n');
        string line = (end < 0 ? text : text[..end]).Trim().TrimEnd('.');
        return line.Length <= 300 ? line : string.Concat(line.AsSpan(0, 300), "…");
    }
}
