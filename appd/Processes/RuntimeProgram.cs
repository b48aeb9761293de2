namespace Weft.Appd.Processes;

/// <summary>The program that sessions run: which file, whose, and what it gets of appd's environment.</summary>
internal sealed class RuntimeProgram
{
    /// <summary>What a weft-runtime of ours answers to <c>--protocol</c>.</summary>
    public const string ProtocolAnswer = "weft-runtime 1";

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(5);

    private readonly KeyValuePair<string, string>[] _environment;

    private RuntimeProgram(string path, SessionUser user, bool isForeign, string? holder, string? problem, KeyValuePair<string, string>[] environment)
    {
        User = user;
        Path = path;
        IsForeign = isForeign;
        Holder = holder;
        Problem = problem;
        _environment = environment;
    }

    public string Path { get; }

    /// <summary>Who it is to run as.</summary>
    public SessionUser User { get; }

    /// <summary>It does not answer <c>--protocol</c>: any program with READY and an exit code.</summary>
    public bool IsForeign { get; }

    /// <summary>The weft-runtime that holds a foreign one until it may start; null where there is none.</summary>
    public string? Holder { get; }

    /// <summary>Why nothing can be launched; null where all is well.</summary>
    public string? Problem { get; }

    /// <summary>Asks the program what it is. Where there is none, launches will say so; the daemon runs all the same.</summary>
    /// <param name="path">The chosen program; null: it is nowhere.</param>
    /// <param name="ours">weft-runtime of this installation, which can hold a foreign one.</param>
    /// <param name="enginePlace">Where the engine is (<c>WEFT_WASMTIME_LIB</c>, <c>WEFT_WASMTIME_BIN</c>): what else of appd's environment a runtime gets.</param>
    /// <param name="user">Who it runs as, also to be asked.</param>
    /// <param name="time">The clock of the deadline.</param>
    public static async Task<RuntimeProgram> AskAsync(string? path, string? ours, IEnumerable<KeyValuePair<string, string>> enginePlace, SessionUser user, TimeProvider time)
    {
        string search = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } inherited ? inherited : "/usr/local/bin:/usr/bin:/bin";
        KeyValuePair<string, string>[] environment = [new("PATH", search), .. enginePlace];
        if (path is null)
        {
            return new RuntimeProgram("weft-runtime", user, false, null, "weft-runtime is neither beside weft-appd nor in /usr/lib/weft; install it, or name it in WEFT_RUNTIME_BIN", environment);
        }

        try
        {
            // A foreign program knows no --user: then the holder changes to that user before it becomes the program.
            string? holder = ours is not null && ours != path && await AnswersAsync(ours, user.Arguments) ? ours : null;
            bool isOurs = holder is not null && user.Account is not null
                ? await AnswersAsync(holder, [.. user.Arguments, "--exec", path])
                : await AnswersAsync(path, user.Arguments);
            return new RuntimeProgram(path, user, !isOurs, isOurs ? null : holder, null, environment);
        }
        catch (IOException e)
        {
            return new RuntimeProgram(path, user, false, null, e.Message, environment);
        }

        async Task<bool> AnswersAsync(string program, IReadOnlyList<string> before) =>
            (await ProgramAnswer.AskAsync(program, [.. before, "--protocol"], new Dictionary<string, string>(environment), AnswerDeadline, time)).Output == ProtocolAnswer;
    }

    /// <summary>The whole environment of one runtime.</summary>
    public Dictionary<string, string> EnvironmentWith(string? token)
    {
        var environment = new Dictionary<string, string>(_environment);
        if (token is not null)
        {
            environment["WEFT_READY_TOKEN"] = token;
        }

        return environment;
    }
}
