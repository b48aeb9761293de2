using System.CommandLine;

namespace Weft.Cli.Completion;

/// <summary>A verb and the words that may follow it.</summary>
/// <param name="Path">The verbs up to this one, joined by blanks; empty for the program itself.</param>
/// <param name="Options">Long options, each with its description.</param>
/// <param name="Wants">What its first argument is.</param>
internal sealed record VerbWords(string Path, IReadOnlyList<(string Name, string Description)> Verbs, IReadOnlyList<(string Name, string Description)> Options, ArgumentKind Wants)
{
    /// <summary>All verbs, the program itself first.</summary>
    public static List<VerbWords> Of(RootCommand root)
    {
        var all = new List<VerbWords>();
        Add(root, "");
        return all;

        void Add(Command command, string path)
        {
            all.Add(new VerbWords(
                path,
                [.. command.Subcommands.Select(static c => (c.Name, c.Description ?? ""))],
                [.. command.Options.Where(static o => !o.Hidden && o.Name.StartsWith("--", StringComparison.Ordinal)).Select(static o => (o.Name, o.Description ?? ""))],
                Kind(command)));
            foreach (Command inner in command.Subcommands)
            {
                Add(inner, path.Length == 0 ? inner.Name : $"{path} {inner.Name}");
            }
        }
    }

    private static ArgumentKind Kind(Command command) => command.Arguments.FirstOrDefault()?.HelpName switch
    {
        "SID" => ArgumentKind.Session,
        "ID" => ArgumentKind.App,
        "DIR" or "REF" or "FILE" => ArgumentKind.File,
        "SHELL" => ArgumentKind.Shell,
        "KEY" => ArgumentKind.Setting,
        _ => ArgumentKind.None,
    };
}

/// <summary>What a verb's argument is, as far as a shell can help with it.</summary>
internal enum ArgumentKind
{
    None,
    Session,
    App,
    File,
    Shell,
    Setting,
}
