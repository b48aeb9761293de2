using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft ps</c>: the sessions that start, run or stop.</summary>
internal static class PsCommand
{
    private const string HomeAndClear = "\u001b[H\u001b[2J";

    private static readonly string[] Events = ["LAUNCH_ACK", "APP_STATE", "CONTROLLER_CHANGED"];

    public static Command Create(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var watch = new Option<bool>("--watch") { Description = "Show them again at every change, until Ctrl-C" };
        var command = new Command("ps", "List the sessions") { watch, asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool json = parsed.GetValue(asJson);
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            if (!parsed.GetValue(watch))
            {
                await WriteAsync(surroundings, client, json, cancellationToken);
                return ExitCode.Done;
            }

            await client.RequestAsync<Subscribed>(new Subscribe { Events = Events }, cancellationToken);
            while (true)
            {
                if (surroundings.OutIsTerminal && !json)
                {
                    surroundings.Out.Write(HomeAndClear);
                }

                await WriteAsync(surroundings, client, json, cancellationToken);
                surroundings.Out.Flush();
                await client.ReadEventAsync(cancellationToken);
            }
        });
        return command;
    }

    private static async Task WriteAsync(Surroundings surroundings, ControlClient client, bool asJson, CancellationToken cancellationToken)
    {
        (RunningApps reply, ReadOnlyMemory<byte> json) = await client.AskAsync<RunningApps>(new QueryRunning(), null, cancellationToken);
        if (asJson)
        {
            Json.WriteMember(surroundings.Out, json, "sessions");
            return;
        }

        var table = new Table("SESSION", "APP", "VERSION", "STATE", "PID", "UP", "CONTROLLER", "NOTE");
        foreach (SessionInfo session in reply.Sessions)
        {
            table.Add(
                session.SessionId.ToString(),
                session.AppId,
                session.Version,
                session.State.Wire(),
                session.Pid == 0 ? null : session.Pid.ToString(),
                Show.Since(session.StartedAt, surroundings.Time),
                session.Controller?.Name,
                session.Development ? "development" : null);
        }

        table.Write(surroundings.Out);
    }
}
