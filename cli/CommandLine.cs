using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Weft.Cli.Commands;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Cli;

/// <summary>The whole command line: the verbs, and what becomes of every error.</summary>
internal static class CommandLine
{
    /// <summary>Runs <c>weft</c>, or <c>weft-pack</c> where the program was called so.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string programName, string[] arguments, Surroundings surroundings)
    {
        RootCommand root = programName == "weft-pack" ? PackCommand.CreateRoot(surroundings) : CreateRoot(surroundings);
        try
        {
            ParseResult parsed = root.Parse(arguments);
            if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpAction))
            {
                string name = string.Join(' ', Path(parsed.CommandResult.Command, programName));
                // A word that nobody knows explains more than the verb that is missing for it.
                string message = (parsed.Errors.FirstOrDefault(static e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0]).Message;
                throw CliException.Usage($"{message.TrimEnd('.')}; see {name} --help");
            }

            var configuration = new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                // The default action of a signal ends a command soonest; none leaves anything behind.
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, CancellationToken.None);
        }
        catch (CliException e)
        {
            return Fail(surroundings, e.ExitCode, e.Message);
        }
        catch (ControlException e)
        {
            return Fail(surroundings, e.Code is ControlCode.Unavailable or ControlCode.TooMany ? ExitCode.TryAgain : ExitCode.Failed, e.Message);
        }
        catch (PackageException e)
        {
            return Fail(surroundings, e.Fault == PackageFault.Busy ? ExitCode.TryAgain : ExitCode.Failed, e.Message);
        }
        catch (FoldersException e)
        {
            return Fail(surroundings, ExitCode.Failed, e.Message);
        }
        catch (FormatException e)
        {
            return Fail(surroundings, ExitCode.Failed, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(surroundings, ExitCode.Failed, e.Message);
        }
        finally
        {
            Flush(surroundings);
        }
    }

    /// <summary>All verbs of <c>weft</c>, also for the shell completion.</summary>
    public static RootCommand CreateRoot(Surroundings surroundings)
    {
        var root = new RootCommand("Weft: launch, watch and end the apps of this kiosk, and make packages for it.");
        root.Subcommands.Add(StatusCommand.Create(surroundings));
        root.Subcommands.Add(DoctorCommand.Create(surroundings));
        root.Subcommands.Add(AppsCommand.Create(surroundings));
        root.Subcommands.Add(InstallCommand.Create(surroundings));
        root.Subcommands.Add(UninstallCommand.Create(surroundings));
        root.Subcommands.Add(RollbackCommand.Create(surroundings));
        root.Subcommands.Add(ApproveCommand.Create(surroundings));
        root.Subcommands.Add(LaunchCommand.Create(surroundings));
        root.Subcommands.Add(RunCommand.Create(surroundings));
        root.Subcommands.Add(PsCommand.Create(surroundings));
        root.Subcommands.Add(InspectCommand.Create(surroundings));
        root.Subcommands.Add(SendCommand.Create(surroundings));
        root.Subcommands.Add(LogsCommand.Create(surroundings));
        root.Subcommands.Add(EventsCommand.Create(surroundings));
        root.Subcommands.Add(TerminateCommand.Create(surroundings));
        root.Subcommands.Add(SettingsCommand.Create(surroundings));
        root.Subcommands.Add(UiCommand.Create(surroundings));
        root.Subcommands.Add(TokenCommand.Create(surroundings));
        root.Subcommands.Add(EngineCommand.Create(surroundings));
        root.Subcommands.Add(PackCommand.Create(surroundings));
        root.Subcommands.Add(CompletionCommand.Create(surroundings));
        return root;
    }

    private static int Fail(Surroundings surroundings, int code, string message)
    {
        Flush(surroundings);
        surroundings.Error.WriteLine($"error: {message}");
        surroundings.Error.Flush();
        return code;
    }

    /// <summary>A reader that went away (<c>weft events | head</c>) is no failure worth a message.</summary>
    private static void Flush(Surroundings surroundings)
    {
        try
        {
            surroundings.Out.Flush();
        }
        catch (IOException)
        {
        }
    }

    private static List<string> Path(Command command, string programName)
    {
        var names = new List<string>();
        for (Command? at = command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            names.Insert(0, at.Name);
        }

        names.Insert(0, programName == "weft-pack" ? "weft-pack" : "weft");
        return names;
    }
}
