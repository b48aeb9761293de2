using System.CommandLine;
using Weft.Core.Apps;
using Weft.Core.Archives;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack bundle DIR</c> and <c>unbundle FILE</c>: a package as one file, and back.</summary>
internal static class PackBundleCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("The package's folder");
        var output = new Option<string?>("--output", "-o") { Description = $"The archive to write; default ID{PackageArchive.Extension} in this folder", HelpName = "FILE" };
        var command = new Command("bundle", "Pack a package's folder into one archive") { folder, output };
        command.SetAction(parsed =>
        {
            surroundings.Out.WriteLine(PackageArchive.Bundle(parsed.GetRequiredValue(folder), parsed.GetValue(output)));
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateUnbundle(Surroundings surroundings)
    {
        var archive = new Argument<string>("archive") { Description = "A .wapp archive", HelpName = "FILE" };
        var into = new Option<string>("--into") { Description = "Folder to unpack into", HelpName = "DIR", DefaultValueFactory = static _ => "." };
        var command = new Command("unbundle", "Unpack an archive into a folder of the app's id") { archive, into };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(into);
            AppId app = PackageArchive.Unbundle(parsed.GetRequiredValue(archive), folder);
            surroundings.Out.WriteLine(Path.Combine(folder, app.Value));
            return ExitCode.Done;
        });
        return command;
    }
}
