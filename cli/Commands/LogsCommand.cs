using System.CommandLine;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft logs [-f] SID</c>: what a session wrote.</summary>
internal static class LogsCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<SessionId> session = Inputs.Session();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the session ends, and say how it ended" };
        var lines = new Option<uint>("--lines", "-n") { Description = "At most that many of the last lines", HelpName = "N", DefaultValueFactory = static _ => 1000 };
        Option<bool> asJson = Inputs.Json();
        var command = new Command("logs", "Show what a session wrote") { session, follow, lines, asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            SessionId id = parsed.GetRequiredValue(session);
            bool json = parsed.GetValue(asJson);
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            Log log = await client.RequestAsync<Log>(new ReadLog { SessionId = id, Lines = parsed.GetValue(lines) }, cancellationToken);
            LogFollowing.Write(surroundings, log, json);
            return parsed.GetValue(follow)
                ? await LogFollowing.RunAsync(surroundings, client, id, log.Next, json, cancellationToken)
                : ExitCode.Done;
        });
        return command;
    }
}
