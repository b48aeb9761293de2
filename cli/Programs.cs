using System.Diagnostics;

namespace Weft.Cli;

/// <summary>What another program said, and its exit code; null where it did not end in time and was killed.</summary>
internal sealed record ProgramResult(int? Code, string Output, string Error)
{
    /// <summary>The last line of its errors, which says most; empty where there is none.</summary>
    public string LastError => Error.Trim().Split('\n')[^1].Trim();
}

/// <summary>Runs programs of this machine, without input.</summary>
internal static class Programs
{
    /// <param name="folder">Where it runs; null: here.</param>
    /// <param name="variables">Added to this process's own.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started: it is not installed, most often.</exception>
    public static ProgramResult Run(string program, IEnumerable<string> arguments, TimeSpan deadline, string? folder = null, IEnumerable<KeyValuePair<string, string>>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables ?? [])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();

        // Not only its own end: a child of it that goes on may hold its pipes.
        if (Task.WaitAll([process.WaitForExitAsync(), output, error], deadline))
        {
            return new ProgramResult(process.ExitCode, output.Result, error.Result);
        }

        process.Kill(entireProcessTree: true);
        return new ProgramResult(null, "", "");
    }
}
