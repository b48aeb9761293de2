using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Weft.Core.Engines;

namespace Weft.Cli.Engines;

/// <summary>What a weft-runtime says of the engine it would use (<c>weft-runtime --engine-facts</c>).</summary>
/// <param name="Kind">lib or exe.</param>
internal sealed record RuntimeAnswer(string Kind, string Version, string Path, string? Sha256)
{
    /// <summary>A runtime answers within milliseconds; one that does not is broken.</summary>
    private const int DeadlineMilliseconds = 10_000;

    /// <summary>The release, by the file's digest where that is known, else by what the engine says.</summary>
    public EngineRelease Release => EngineRelease.OfFile(Sha256) ?? new EngineRelease(Version);

    /// <summary>Asks the runtime.</summary>
    /// <returns>The answer, or why there is none.</returns>
    public static (RuntimeAnswer? Answer, string Problem) Ask(string runtime, EnginePlace place)
    {
        (int code, string output, string error) = Run(runtime, ["--engine-facts"], place);
        if (code != 0)
        {
            string said = error.Trim().Split('\n')[^1];
            return (null, said.StartsWith("error: ", StringComparison.Ordinal) ? said["error: ".Length..] : said.Length > 0 ? said : $"{runtime} ended with {code}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            JsonElement root = document.RootElement;
            return (new RuntimeAnswer(
                root.GetProperty("engine").GetString()!,
                root.GetProperty("version").GetString()!,
                root.GetProperty("path").GetString()!,
                root.TryGetProperty("sha256", out JsonElement sha) ? sha.GetString() : null), "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, $"{runtime} --engine-facts answered no engine; install the runtime of this version");
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
