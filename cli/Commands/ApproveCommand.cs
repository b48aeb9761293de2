using System.CommandLine;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft approve ID</c>: a person agrees to what the installed revision declares.</summary>
internal static class ApproveCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var command = new Command("approve", "Agree to the capabilities that an installed app declares") { app };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string id = parsed.GetRequiredValue(app).Value;
            (InstalledApps before, _) = await surroundings.AskAsync<InstalledApps>(new QueryInstalledApps(), cancellationToken);
            IReadOnlyList<string> asked = before.Apps.FirstOrDefault(a => a.AppId == id)?.Unapproved ?? [];
            await Changes.RunAsync(surroundings, new Approve { AppId = id }, cancellationToken);
            surroundings.Out.WriteLine(asked.Count == 0 ? $"approved {id}; there was nothing new" : $"approved {id}: {string.Join(", ", asked)}");
            return ExitCode.Done;
        });
        return command;
    }
}
