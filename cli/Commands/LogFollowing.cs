using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary>Prints a session's log and goes on as it grows, until the session has ended.</summary>
internal static class LogFollowing
{
    /// <summary>How often a log that has nothing new is asked again: there is no broadcast for it.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Lines asked for at a time.</summary>
    private const uint Lines = 1000;

    /// <returns>0 where the session ended as it should, else 1.</returns>
    public static async Task<int> RunAsync(
        Surroundings surroundings, ControlClient client, SessionId session, ulong? since, bool asJson, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Asked before the log is read: what is printed after a "stopped" is all there will be.
            AppState state = await client.RequestAsync<AppState>(new QueryAppState { SessionId = session }, cancellationToken);
            bool over = state.State is SessionState.Stopped or SessionState.NotFound;
            Log log = await client.RequestAsync<Log>(new ReadLog { SessionId = session, Since = since, Lines = Lines }, cancellationToken);
            Write(surroundings, log, asJson);
            surroundings.Out.Flush();
            bool more = log.Entries.Count > 0 && log.Next != since;
            since = log.Next;
            if (over && !more)
            {
                return Over(surroundings, session, state.End);
            }

            if (!more)
            {
                await Task.Delay(Pause, surroundings.Time, cancellationToken);
            }
        }
    }

    /// <summary>Prints entries: the guest's text as it is where no terminal reads it.</summary>
    public static void Write(Surroundings surroundings, Log log, bool asJson)
    {
        foreach (LogEntry entry in log.Entries)
        {
            if (asJson)
            {
                Json.Write(surroundings.Out, json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("at", entry.At);
                    json.WriteString("stream", entry.Stream);
                    json.WriteString("text", entry.Text);
                    json.WriteEndObject();
                });
            }
            else
            {
                string text = surroundings.OutIsTerminal ? Show.Line(entry.Text) : entry.Text;
                surroundings.Out.WriteLine($"{Show.Time(entry.At)} {entry.Stream,-4} {text}");
            }
        }
    }

    private static int Over(Surroundings surroundings, SessionId session, SessionEnd? end)
    {
        if (end is not null)
        {
            surroundings.Error.WriteLine($"session {session} ended: {Show.End(end)}");
        }

        return end is null or { Cause: EndCause.Exited or EndCause.Terminated or EndCause.Shutdown or EndCause.WindowClosed } ? ExitCode.Done : ExitCode.Failed;
    }
}
