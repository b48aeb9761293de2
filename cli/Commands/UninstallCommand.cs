using System.CommandLine;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft uninstall ID</c>: the app goes, its data stays unless said otherwise.</summary>
internal static class UninstallCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var purge = new Option<bool>("--purge-data") { Description = "Delete the app's own data too; it cannot be brought back" };
        var command = new Command("uninstall", "Take an app out of the store") { app, purge };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppId id = parsed.GetRequiredValue(app);
            bool purged = parsed.GetValue(purge);
            await Changes.RunAsync(surroundings, new Uninstall { AppId = id.Value, PurgeData = purged }, cancellationToken);
            surroundings.Out.WriteLine(purged ? $"uninstalled {id} and deleted its data" : $"uninstalled {id}; its data is kept");
            return ExitCode.Done;
        });
        return command;
    }
}
