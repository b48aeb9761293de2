using System.CommandLine;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack …</c>, also installed as <c>weft-pack</c>: packages in their author's hands, and the store without a daemon.</summary>
internal static class PackCommand
{
    /// <summary>As a verb of <c>weft</c>.</summary>
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("pack", "Make, check, sign and pack apps (also called weft-pack)");
        Add(command, surroundings);
        return command;
    }

    /// <summary>As a program of its own.</summary>
    public static RootCommand CreateRoot(Surroundings surroundings)
    {
        var root = new RootCommand("weft-pack: make, check, sign and pack apps for Weft.");
        Add(root, surroundings);
        return root;
    }

    private static void Add(Command to, Surroundings surroundings)
    {
        to.Subcommands.Add(PackNewCommand.Create(surroundings));
        to.Subcommands.Add(PackCheckCommand.Create(surroundings));
        to.Subcommands.Add(PackInfoCommand.Create(surroundings));
        to.Subcommands.Add(PackGenerateKeyCommand.Create(surroundings));
        to.Subcommands.Add(PackSignCommand.Create(surroundings));
        to.Subcommands.Add(PackVerifyCommand.Create(surroundings));
        to.Subcommands.Add(PackBundleCommand.Create(surroundings));
        to.Subcommands.Add(PackBundleCommand.CreateUnbundle(surroundings));
        to.Subcommands.Add(PackStoreCommands.CreateInstall(surroundings));
        to.Subcommands.Add(PackStoreCommands.CreateUninstall(surroundings));
        to.Subcommands.Add(PackStoreCommands.CreateRollback(surroundings));
        to.Subcommands.Add(PackStoreCommands.CreateList(surroundings));
    }
}
