using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>Where an app stands in its row of failures. A session is one run: each start again has a session, and an id, of its own.</summary>
/// <param name="Failures">Failures in a row so far.</param>
/// <param name="Delay">The pause that came before this run; zero for one that somebody launched.</param>
internal readonly record struct RestartRow(int Failures, TimeSpan Delay);

/// <summary>What follows an end.</summary>
/// <param name="After">Pause before the app is started again; null: it stays down.</param>
/// <param name="Row">For that next run.</param>
/// <param name="GaveUp">It would have been started again, but failed too often.</param>
internal readonly record struct RestartVerdict(TimeSpan? After, RestartRow Row, bool GaveUp);

/// <summary>
/// The restart policy of manifests. Readiness resets the pause. The row of failures is broken only by a run that stayed
/// ready for a while: an app that gets ready and falls over at once would else be started again for ever.
/// </summary>
internal static class Supervision
{
    /// <param name="policy">The manifest's.</param>
    /// <param name="cause">Why this run ended.</param>
    /// <param name="readyFor">How long it was ready; null where it never was.</param>
    /// <param name="row">How this run was started.</param>
    /// <param name="limits">Pauses and counts.</param>
    public static RestartVerdict Judge(RestartPolicy policy, EndCause cause, TimeSpan? readyFor, RestartRow row, SessionLimits limits)
    {
        bool failed = IsFailure(cause);
        bool again = policy switch
        {
            RestartPolicy.Always => failed || cause == EndCause.Exited,
            RestartPolicy.OnFailure => failed,
            _ => false,
        };
        if (!again)
        {
            return default;
        }

        int failures = failed ? (readyFor >= limits.Recovered ? 0 : row.Failures) + 1 : 0;
        if (failures >= limits.FailuresInARow)
        {
            return new RestartVerdict(null, default, GaveUp: true);
        }

        TimeSpan delay = readyFor is null && row.Delay > TimeSpan.Zero ? row.Delay * 2 : limits.ShortestBackoff;
        delay = delay > limits.LongestBackoff ? limits.LongestBackoff : delay;
        return new RestartVerdict(delay, new RestartRow(failures, delay), GaveUp: false);
    }

    /// <summary>Ends that nobody wanted. What a person or the daemon did is none.</summary>
    public static bool IsFailure(EndCause cause) => cause is EndCause.Failed or EndCause.Crashed or EndCause.OutOfMemory
        or EndCause.ReadyTimeout or EndCause.LaunchFailed or EndCause.ImageCorrupt or EndCause.PortalLost;
}
