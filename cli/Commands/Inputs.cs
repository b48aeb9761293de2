using System.CommandLine;
using System.CommandLine.Parsing;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary>Arguments and options that several verbs share; each is read to its own type, and a mistake says what it should be.</summary>
internal static class Inputs
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON: the reply's own array or object" };

    public static Argument<SessionId> Session() => new("session")
    {
        Description = "Number of a session, as `weft launch` and `weft ps` print it",
        HelpName = "SID",
        CustomParser = static result => ReadSession(result, result.Tokens[0].Value),
    };

    public static Argument<SessionId[]> Sessions() => new("sessions")
    {
        Description = "Numbers of sessions, as `weft launch` and `weft ps` print them",
        HelpName = "SID",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result => [.. result.Tokens.Select(token => ReadSession(result, token.Value))],
    };

    public static Argument<AppId> App() => new("app")
    {
        Description = "Id of an app, such as com.example.notes",
        HelpName = "ID",
        CustomParser = static result =>
        {
            string text = result.Tokens[0].Value;
            if (!AppId.TryParse(text, out AppId id))
            {
                result.AddError($"'{Printable.Quote(text)}' is no app id: {AppId.Rule}");
            }

            return id;
        },
    };

    public static Argument<string> Folder(string description) => new("folder") { Description = description, HelpName = "DIR" };

    private static SessionId ReadSession(ArgumentResult result, string text)
    {
        if (!SessionId.TryParse(text, out SessionId id))
        {
            result.AddError($"'{Printable.Quote(text)}' is no session: write its number, as `weft ps` shows it");
        }

        return id;
    }
}
