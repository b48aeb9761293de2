using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft terminate SID…</c>: ends sessions and waits until they have ended.</summary>
internal static class TerminateCommand
{
    private static readonly string[] Events = ["APP_STATE"];

    public static Command Create(Surroundings surroundings)
    {
        Argument<SessionId[]> sessions = Inputs.Sessions();
        var force = new Option<bool>("--force") { Description = "Kill at once, without asking the app to leave" };
        var command = new Command("terminate", "End sessions") { sessions, force };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            await client.RequestAsync<Subscribed>(new Subscribe { Events = Events }, cancellationToken);
            var waiting = new HashSet<SessionId>();
            int code = ExitCode.Done;
            foreach (SessionId session in parsed.GetRequiredValue(sessions).Distinct())
            {
                try
                {
                    AppState state = await client.RequestAsync<AppState>(new TerminateApp { SessionId = session, Force = parsed.GetValue(force) }, cancellationToken);
                    if (state.State is SessionState.Stopped or SessionState.NotFound)
                    {
                        Say(surroundings, session, state.End);
                    }
                    else
                    {
                        waiting.Add(session);
                    }
                }
                catch (ControlException e)
                {
                    // The others are ended all the same.
                    surroundings.Error.WriteLine($"error: {e.Message}");
                    code = ExitCode.Failed;
                }
            }

            while (waiting.Count > 0)
            {
                if ((await client.ReadEventAsync(cancellationToken)).Reply is AppState { State: SessionState.Stopped } ended && waiting.Remove(ended.SessionId))
                {
                    Say(surroundings, ended.SessionId, ended.End);
                }
            }

            return code;
        });
        return command;
    }

    private static void Say(Surroundings surroundings, SessionId session, SessionEnd? end) =>
        surroundings.Out.WriteLine($"{session} {(end is null ? "stopped" : Show.End(end))}");
}
