using System.CommandLine;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft run DIR</c>: installs a package as development, launches it and follows its log until it ends.</summary>
internal static class RunCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("A package's folder");
        var approve = new Option<bool>("--approve") { Description = "Agree to the capabilities it declares" };
        var arguments = new Argument<string[]>("args") { Description = "Arguments for the app, after --", HelpName = "ARG", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("run", "Install a package for development, launch it and follow its log") { folder, approve, arguments };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AppsChanged installed = await Changes.InstallAsync(
                surroundings, parsed.GetRequiredValue(folder), development: true, parsed.GetValue(approve), cancellationToken);
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            var request = new LaunchApp { AppId = installed.AppId, Args = parsed.GetValue(arguments) is { Length: > 0 } given ? given : null };
            SessionId session = await Launching.RunAsync(client, request, cancellationToken);
            surroundings.Error.WriteLine($"{installed.AppId} {installed.Version} runs as session {session}; weft terminate {session} ends it");
            return await LogFollowing.RunAsync(surroundings, client, session, since: 0, asJson: false, cancellationToken);
        });
        return command;
    }
}
