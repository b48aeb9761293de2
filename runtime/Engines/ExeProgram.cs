using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>Which command line an executable has.</summary>
internal enum ExeForm
{
    /// <summary><c>wasmtime run</c>.</summary>
    Wasmtime,

    /// <summary>
    /// The Wasmtime inside npm's <c>@bytecodealliance/wizer</c>: the stand-in for a machine where nothing better can be had. Runs a module as if to
    /// initialise it; knows folders, and neither arguments, environment nor limits.
    /// </summary>
    Wizer,
}

/// <summary>A Wasmtime executable on this machine.</summary>
internal sealed record ExeProgram(string Path, ExeForm Form)
{
    /// <summary>The variable that names it.</summary>
    public const string Variable = "WEFT_WASMTIME_BIN";

    /// <summary>Of util-linux, which is on every machine: posix_spawn cannot set a death signal.</summary>
    private const string TyingProgram = "/usr/bin/setpriv";

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The one to use, or null where there is none; one that was named is used or nothing is. A name that begins with <c>wizer</c> says which form it has.</summary>
    public static ExeProgram? Find()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return Of(named);
        }

        return OnPath("wasmtime") ?? OnPath("wizer");
    }

    /// <summary>What it says its version is; the stand-in says none.</summary>
    /// <exception cref="EngineException">It cannot be started, or is no Wasmtime.</exception>
    public string Version()
    {
        if (Form == ExeForm.Wizer)
        {
            return "wizer";
        }

        (Descriptor read, Descriptor write) = Files.Pipe();
        using Descriptor output = read;
        ChildProcess child;
        using (write)
        {
            child = Start(["--version"], [new PassedDescriptor(write, 1)]);
        }

        using (child)
        {
            using Timer deadline = new(static state => ((ChildProcess)state!).Signal(Signals.SIGKILL), child, AnswerDeadline, Timeout.InfiniteTimeSpan);
            byte[] answer = new byte[256];
            int filled = 0;
            int count;
            while (filled < answer.Length && (count = Files.Read(output, answer.AsSpan(filled))) > 0)
            {
                filled += count;
            }

            // "wasmtime 48.0.8", "wasmtime-cli 8.0.1", "wasmtime 21.0.1 (cafb7b8 2024-05-22)"
            string[] words = System.Text.Encoding.UTF8.GetString(answer, 0, filled).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            return words is [var name, var version, ..] && name.StartsWith("wasmtime", StringComparison.Ordinal)
                ? version
                : throw new EngineException(EngineFailure.Missing, $"{Path} is no Wasmtime: --version is not answered with its name and version; name one in {Variable}");
        }
    }

    /// <summary>
    /// Starts it, with no environment, in this process's own session: whoever ends that ends both. So does the kernel, where this process is killed
    /// by hand: the signal belongs to the thread that starts it, which waits for its end.
    /// </summary>
    /// <exception cref="EngineException">It cannot be started.</exception>
    public ChildProcess Start(IReadOnlyList<string> arguments, IReadOnlyList<PassedDescriptor> descriptors)
    {
        try
        {
            bool tied = File.Exists(TyingProgram) && File.Exists(Path); // a program that is not there is an error of the spawn, not of the one that ties
            return ChildProcess.Start(new SpawnRequest
            {
                Program = tied ? TyingProgram : Path,
                Arguments = tied ? ["--pdeathsig", "KILL", "--", Path, .. arguments] : arguments,
                Descriptors = descriptors,
                NewSession = false,
            });
        }
        catch (LinuxException e)
        {
            throw new EngineException(EngineFailure.Missing, $"engine {Path} cannot be started: {e.Message}; name a Wasmtime in {Variable}, or run `weft engine install`");
        }
    }

    private static ExeProgram? OnPath(string name)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            // A relative entry would mean another file in each working directory.
            if (folder.StartsWith('/') && File.Exists(System.IO.Path.Combine(folder, name)))
            {
                return Of(System.IO.Path.Combine(folder, name));
            }
        }

        return null;
    }

    private static ExeProgram Of(string path)
        => new(path, System.IO.Path.GetFileName(path).StartsWith("wizer", StringComparison.Ordinal) ? ExeForm.Wizer : ExeForm.Wasmtime);
}
