using Weft.Core.Folders;

namespace Weft.Cli.Tests.Support;

/// <summary>What a run of the program gave.</summary>
internal sealed record Outcome(int Code, string Out, string Error);

/// <summary>The program inside the test: folders of its own, no terminal.</summary>
internal sealed class Cli : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("weft-cli-");
    private readonly Dictionary<string, string> _variables;

    public Cli()
    {
        _variables = new Dictionary<string, string>
        {
            ["HOME"] = _root.FullName,
            ["XDG_RUNTIME_DIR"] = PathOf("run"),
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
        };
        Directory.CreateDirectory(PathOf("run/weft"));
        Paths = new WeftPaths(_variables.GetValueOrDefault, root: false, systemRoot: PathOf("system"), programFolder: PathOf("bin"));
    }

    public WeftPaths Paths { get; }

    public string this[string variable]
    {
        set => _variables[variable] = value;
    }

    public string PathOf(string name) => Path.Combine(_root.FullName, name);

    public FakeDaemon Daemon(Func<Core.Protocol.ControlRequest, IEnumerable<FakeAnswer>> answer) => new(Paths.ControlSocket, answer);

    /// <summary>Runs <c>weft</c> with arguments that hold no blanks.</summary>
    public Task<Outcome> RunAsync(string line) => RunAsync("weft", line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public async Task<Outcome> RunAsync(string program, string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings { Out = output, Error = error, Paths = Paths, OutIsTerminal = false, ErrorIsTerminal = false };
        int code = await CommandLine.RunAsync(program, arguments, surroundings);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    public void Dispose()
    {
        foreach (string folder in Directory.GetDirectories(_root.FullName, "*", SearchOption.AllDirectories))
        {
            // Revisions of a store are read-only.
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _root.Delete(recursive: true);
    }
}
