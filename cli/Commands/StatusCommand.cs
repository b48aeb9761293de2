using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft status</c>: the daemon and its parts.</summary>
internal static class StatusCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("status", "Show the daemon and its parts") { asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (StatusReply status, ReadOnlyMemory<byte> json) = await surroundings.AskAsync<StatusReply>(new Status(), cancellationToken);
            if (parsed.GetValue(asJson))
            {
                Json.WriteReply(surroundings.Out, json);
                return ExitCode.Done;
            }

            TextWriter to = surroundings.Out;
            to.WriteLine($"weft-appd {Show.Line(status.Version)}, up {Show.Since(status.StartedAt, surroundings.Time)} (since {Show.Time(status.StartedAt)})");
            to.WriteLine(string.Join(", ", status.Counts.Select(static c => $"{c.Value} {Show.Line(c.Key)}")));
            PartLines.Write(to, status.Parts);
            return ExitCode.Done;
        });
        return command;
    }
}
