using System.CommandLine;
using Weft.Cli.Completion;

namespace Weft.Cli.Commands;

/// <summary><c>weft completion bash|zsh|fish</c>: a script made from the verbs and options there are.</summary>
internal static class CompletionCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a completion script for a shell") { shell };
        command.SetAction(parsed =>
        {
            List<VerbWords> verbs = VerbWords.Of(CommandLine.CreateRoot(surroundings));
            surroundings.Out.Write(parsed.GetRequiredValue(shell) switch
            {
                "bash" => CompletionScripts.Bash(verbs),
                "zsh" => CompletionScripts.Zsh(verbs),
                _ => CompletionScripts.Fish(verbs),
            });
            return ExitCode.Done;
        });
        return command;
    }
}
