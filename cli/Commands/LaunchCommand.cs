using System.CommandLine;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft launch ID [-- ARG…]</c>: waits until the app runs and prints its session's number alone.</summary>
internal static class LaunchCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<AppId> app = Inputs.App();
        var arguments = new Argument<string[]>("args") { Description = "Arguments for the app, after --", HelpName = "ARG", Arity = ArgumentArity.ZeroOrMore };
        var variables = new Option<string[]>("--env") { Description = "A variable for the app, NAME=VALUE; may be repeated", HelpName = "NAME=VALUE" };
        var console = new Option<bool>("--console") { Description = "Give the app a terminal" };
        var backend = new Option<string?>("--backend") { Description = "Where to run it", HelpName = "B" };
        var cpu = new Option<string?>("--cpu") { Description = "At most that share of one processor, such as 50%", HelpName = "PERCENT" };
        var memory = new Option<string?>("--memory") { Description = "At most that much memory, such as 128M", HelpName = "BYTES" };
        var tasks = new Option<string?>("--tasks") { Description = "At most that many processes and threads", HelpName = "N" };
        var linear = new Option<string?>("--linear-memory") { Description = "At most that much memory inside the engine", HelpName = "BYTES" };
        Option<bool> asJson = Inputs.Json();
        var command = new Command("launch", "Start an app, wait until it runs, and print its session's number")
        {
            app, arguments, variables, console, backend, cpu, memory, tasks, linear, asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new LaunchApp
            {
                AppId = parsed.GetRequiredValue(app).Value,
                Args = parsed.GetValue(arguments) is { Length: > 0 } given ? given : null,
                Env = ReadVariables(parsed.GetValue(variables) ?? []),
                Limits = ReadLimits(parsed.GetValue(cpu), parsed.GetValue(memory), parsed.GetValue(tasks), parsed.GetValue(linear)),
                Backend = parsed.GetValue(backend),
                Console = parsed.GetValue(console),
            };
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            SessionId session = await Launching.RunAsync(client, request, cancellationToken);
            surroundings.Out.WriteLine(parsed.GetValue(asJson) ? "{\"session_id\":" + session + "}" : session.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    private static Dictionary<string, string>? ReadVariables(string[] given)
    {
        if (given.Length == 0)
        {
            return null;
        }

        var variables = new Dictionary<string, string>();
        foreach (string text in given)
        {
            int equals = text.IndexOf('=');
            if (equals < 0 || !EnvironmentNames.IsGood(text[..equals]))
            {
                throw CliException.Usage($"--env '{Printable.Quote(text)}' is no variable; write NAME=VALUE, the name of letters, digits and _");
            }

            variables[text[..equals]] = text[(equals + 1)..];
        }

        return variables;
    }

    private static LimitValues? ReadLimits(string? cpu, string? memory, string? tasks, string? linear)
    {
        if ((cpu, memory, tasks, linear) == (null, null, null, null))
        {
            return null;
        }

        (string Key, string? Text)[] given = [("cpu", cpu), ("memory", memory), ("tasks", tasks), ("linear_memory", linear)];
        IReadOnlyList<string> problems = RequestedLimits.Read(
            given.Where(static g => g.Text is not null).Select(static g => KeyValuePair.Create(g.Key, g.Text!)), out RequestedLimits limits);
        return problems.Count == 0
            ? new LimitValues { Cpu = cpu, Memory = memory, Tasks = (uint?)limits.Tasks, LinearMemory = linear }
            : throw CliException.Usage(string.Join("; ", problems));
    }
}
