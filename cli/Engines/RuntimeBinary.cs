using System.ComponentModel;
using Weft.Core.Engines;

namespace Weft.Cli.Engines;

/// <summary>Asks a weft-runtime what it is and which engine it would use.</summary>
internal static class RuntimeBinary
{
    /// <summary>A runtime answers within milliseconds; one that does not is broken.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Which engine it would use (<c>weft-runtime --engine-facts</c>).</summary>
    /// <returns>The engine, or why there is none.</returns>
    public static (EngineAnswer? Answer, string Problem) AskEngine(string runtime, EnginePlace place)
    {
        (ProgramResult? result, string problem) = Run(runtime, "--engine-facts", place);
        if (result is null)
        {
            return (null, problem);
        }

        if (result.Code != 0)
        {
            string said = result.LastError;
            return (null, said.StartsWith("error: ", StringComparison.Ordinal) ? said["error: ".Length..] : said.Length > 0 ? said : $"{runtime} ended with {result.Code}");
        }

        try
        {
            return (EngineAnswer.Parse(result.Output), "");
        }
        catch (FormatException e)
        {
            return (null, $"{runtime} {e.Message}");
        }
    }

    /// <summary>The first line that the runtime answers to <c>--protocol</c>.</summary>
    public static string Protocol(string runtime) => Run(runtime, "--protocol", new EnginePlace(null, null)).Result?.Output.Trim() ?? "";

    private static (ProgramResult? Result, string Problem) Run(string runtime, string question, EnginePlace place)
    {
        try
        {
            ProgramResult result = Programs.Run(runtime, [question], Deadline, variables: place.Variables());
            return result.Code is null ? (null, $"{runtime} {question} did not answer within {Deadline.TotalSeconds} s") : (result, "");
        }
        catch (Win32Exception e)
        {
            return (null, $"{runtime} cannot be started: {e.Message}");
        }
    }
}
