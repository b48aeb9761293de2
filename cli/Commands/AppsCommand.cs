using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft apps</c>: what is installed.</summary>
internal static class AppsCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("apps", "List the installed apps") { asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (InstalledApps reply, ReadOnlyMemory<byte> json) = await surroundings.AskAsync<InstalledApps>(new QueryInstalledApps(), cancellationToken);
            if (parsed.GetValue(asJson))
            {
                Json.WriteMember(surroundings.Out, json, "apps");
                return ExitCode.Done;
            }

            var table = new Table("APP", "VERSION", "BEFORE", "NAME", "SOURCE", "NOTE");
            foreach (AppInfo app in reply.Apps)
            {
                table.Add(app.AppId, app.Version, app.RollbackTo, app.Name, app.Source.Wire(), Note(app));
            }

            table.Write(surroundings.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static string Note(AppInfo app)
    {
        if (app.NeedsApproval == true)
        {
            return $"asks for {string.Join(", ", app.Unapproved ?? [])}: weft approve {app.AppId}";
        }

        return app is { Trusted: false, Source: not AppSource.Development } ? "not trusted" : "";
    }
}
