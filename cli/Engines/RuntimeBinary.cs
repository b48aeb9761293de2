using System.ComponentModel;
using System.Diagnostics;
using Weft.Core.Engines;

namespace Weft.Cli.Engines;

/// <summary>Asks a weft-runtime what it is and which engine it would use.</summary>
internal static class RuntimeBinary
{
    /// <summary>A runtime answers within milliseconds; one that does not is broken.</summary>
    private const int DeadlineMilliseconds = 10_000;

    /// <summary>Which engine it would use (<c>weft-runtime --engine-facts</c>).</summary>
    /// <returns>The engine, or why there is none.</returns>
    public static (EngineAnswer? Answer, string Problem) AskEngine(string runtime, EnginePlace place)
    {
        (int code, string output, string error) = Run(runtime, ["--engine-facts"], place);
        if (code != 0)
        {
            string said = error.Trim().Split('\n')[^1];
            return (null, said.StartsWith("error: ", StringComparison.Ordinal) ? said["error: ".Length..] : said.Length > 0 ? said : $"{runtime} ended with {code}");
        }

        try
        {
            return (EngineAnswer.Parse(output), "");
        }
        catch (FormatException e)
        {
            return (null, $"{runtime} {e.Message}");
        }
    }

    /// <summary>The first line that the runtime answers to <c>--protocol</c>.</summary>
    public static string Protocol(string runtime) => Run(runtime, ["--protocol"], new EnginePlace(null, null)).Output.Trim();

    private static (int Code, string Output, string Error) Run(string runtime, string[] arguments, EnginePlace place)
    {
        var start = new ProcessStartInfo(runtime, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach ((string name, string value) in place.Variables())
        {
            start.Environment[name] = value;
        }

        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(DeadlineMilliseconds))
            {
                process.Kill();
                return (-1, "", $"{runtime} {arguments[0]} did not answer within {DeadlineMilliseconds / 1000} s");
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            return (-1, "", $"{runtime} cannot be started: {e.Message}");
        }
    }
}
