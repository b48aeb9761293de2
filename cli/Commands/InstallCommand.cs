using System.CommandLine;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft install REF</c>: a package into the kiosk's store, by way of the daemon.</summary>
internal static class InstallCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var reference = new Argument<string>("ref") { Description = "A package's folder, a .wapp archive, or oci:REFERENCE", HelpName = "REF" };
        var development = new Option<bool>("--dev") { Description = "Without a trusted signature, marked as development everywhere" };
        var approve = new Option<bool>("--approve") { Description = "Agree to the capabilities it declares" };
        var command = new Command("install", "Install or update an app") { reference, development, approve };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppsChanged changed = await Changes.InstallAsync(
                surroundings, parsed.GetRequiredValue(reference), parsed.GetValue(development), parsed.GetValue(approve), cancellationToken);
            surroundings.Out.WriteLine($"installed {changed.AppId} {changed.Version}");
            await SayWhatIsUnapprovedAsync(surroundings, changed.AppId, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task SayWhatIsUnapprovedAsync(Surroundings surroundings, string appId, CancellationToken cancellationToken)
    {
        (InstalledApps reply, _) = await surroundings.AskAsync<InstalledApps>(new QueryInstalledApps(), cancellationToken);
        if (reply.Apps.FirstOrDefault(a => a.AppId == appId) is { NeedsApproval: true } app)
        {
            surroundings.Error.WriteLine($"it asks for {string.Join(", ", app.Unapproved ?? app.Capabilities)}; to agree: weft approve {appId}");
        }
    }
}
