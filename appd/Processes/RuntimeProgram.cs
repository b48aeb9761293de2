using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>The program that sessions run: which file, whose, and what it gets of appd's environment.</summary>
internal sealed class RuntimeProgram
{
    /// <summary>What a weft-runtime of ours answers to <c>--protocol</c>.</summary>
    public const string ProtocolAnswer = "weft-runtime 1";

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(5);

    private readonly KeyValuePair<string, string>[] _environment;

    private RuntimeProgram(string path, bool isForeign, string? holder, KeyValuePair<string, string>[] environment)
    {
        Path = path;
        IsForeign = isForeign;
        Holder = holder;
        _environment = environment;
    }

    public string Path { get; }

    /// <summary>It does not answer <c>--protocol</c>: any program with READY and an exit code.</summary>
    public bool IsForeign { get; }

    /// <summary>The weft-runtime that holds a foreign one until it may start; null where there is none.</summary>
    public string? Holder { get; }

    /// <summary>Asks the program what it is.</summary>
    /// <param name="path">The chosen program.</param>
    /// <param name="ours">weft-runtime of this installation, which can hold a foreign one.</param>
    /// <param name="enginePlace">Where the engine is (<c>WEFT_WASMTIME_LIB</c>, <c>WEFT_WASMTIME_BIN</c>), what else of appd's environment a runtime gets.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<RuntimeProgram> AskAsync(string path, string? ours, IEnumerable<KeyValuePair<string, string>> enginePlace)
    {
        bool isOurs = await AnswersAsync(path);
        string? holder = !isOurs && ours is not null && ours != path && await AnswersAsync(ours) ? ours : null;
        string search = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } inherited ? inherited : "/usr/local/bin:/usr/bin:/bin";
        return new RuntimeProgram(path, !isOurs, holder, [new("PATH", search), .. enginePlace]);
    }

    /// <summary>The whole environment of one runtime.</summary>
    public Dictionary<string, string> EnvironmentWith(string token)
    {
        var environment = new Dictionary<string, string>(_environment) { ["WEFT_READY_TOKEN"] = token };
        return environment;
    }

    private static async Task<bool> AnswersAsync(string path)
    {
        (Descriptor read, Descriptor write) = Files.Pipe();
        using (read)
        {
            ChildProcess child;
            using (write)
            {
                child = ChildProcess.Start(new SpawnRequest
                {
                    Program = path,
                    Arguments = ["--protocol"],
                    Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin" },
                    Descriptors = [new PassedDescriptor(write, 1)],
                });
            }

            using (child)
            {
                try
                {
                    await child.Exited.WaitAsync(AnswerDeadline);
                }
                catch (TimeoutException)
                {
                    // A program that takes --protocol for an app id may wait for ever: that is an answer too.
                }

                await child.KillSessionAsync(AnswerDeadline);
            }

            Files.SetNonBlocking(read, true);
            byte[] answer = new byte[256];
            try
            {
                int count = Files.Read(read, answer);
                return System.Text.Encoding.UTF8.GetString(answer.AsSpan(0, count)).Trim() == ProtocolAnswer;
            }
            catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
            {
                return false;
            }
        }
    }
}
