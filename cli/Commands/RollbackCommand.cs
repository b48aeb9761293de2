using System.CommandLine;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft rollback ID</c>: one revision back.</summary>
internal static class RollbackCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var command = new Command("rollback", "Go back to the revision of an app before this one") { app };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppsChanged changed = await Changes.RunAsync(surroundings, new Rollback { AppId = parsed.GetRequiredValue(app).Value }, cancellationToken);
            surroundings.Out.WriteLine($"rolled back {changed.AppId} to {changed.Version}");
            return ExitCode.Done;
        });
        return command;
    }
}
