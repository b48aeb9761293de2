using System.CommandLine;
using Weft.Cli.Packaging;
using Weft.Core.Apps;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack new ID [DIR]</c>: a small app to begin with.</summary>
internal static class PackNewCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var parent = new Argument<string>("dir") { Description = "Folder to make it in", HelpName = "DIR", DefaultValueFactory = static _ => "." };
        var command = new Command("new", "Make a small app to begin with: manifest, C source and page") { app, parent };
        command.SetAction(parsed =>
        {
            AppId id = parsed.GetRequiredValue(app);
            var package = NewPackage.Make(id, parsed.GetRequiredValue(parent));
            surroundings.Out.WriteLine($"made {package.Folder}");
            if (package.BuildProblem is { } problem)
            {
                surroundings.Error.WriteLine($"the module is not built yet: {problem}; then: {package.BuildLine}");
            }

            surroundings.Error.WriteLine($"try it: weft run {package.Folder}");
            return ExitCode.Done;
        });
        return command;
    }
}
