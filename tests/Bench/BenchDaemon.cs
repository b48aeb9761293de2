using System.Diagnostics.CodeAnalysis;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Tests.Bench;

/// <summary>A published weft-appd in a temporary root, with one app installed.</summary>
internal sealed class BenchDaemon : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("weft-bench.").FullName;
    private readonly ChildProcess _appd;

    private BenchDaemon(string install)
    {
        string run = Path.Combine(_root, "run");
        Directory.CreateDirectory(run, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Dictionary<string, string> environment = new()
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = _root,
            ["XDG_RUNTIME_DIR"] = run,
            ["XDG_STATE_HOME"] = Path.Combine(_root, "state"),
            ["XDG_DATA_HOME"] = Path.Combine(_root, "data"),
            ["XDG_CONFIG_HOME"] = Path.Combine(_root, "config"),
            ["XDG_CACHE_HOME"] = Path.Combine(_root, "cache"),
            ["WEFT_APPD_WS_PORT"] = "0",
        };
        if (Environment.GetEnvironmentVariable("WEFT_WASMTIME_LIB") is { Length: > 0 } library)
        {
            environment["WEFT_WASMTIME_LIB"] = library;
        }

        SocketPath = Path.Combine(run, "weft", "appd.sock");
        using Descriptor log = Files.Open(Path.Combine(_root, "appd.log"), OpenFlags.WriteOnly | OpenFlags.Create);
        _appd = ChildProcess.Start(new SpawnRequest
        {
            Program = Path.Combine(install, "lib/weft/weft-appd"),
            Arguments = Environment.IsPrivilegedProcess ? ["--allow-root"] : [],
            Environment = environment,
            Descriptors = [new PassedDescriptor(log, 1), new PassedDescriptor(log, 2)],
        });
    }

    public string SocketPath { get; }

    public string PortPath => Path.Combine(_root, "run/weft/appd.wsport");

    public string SystemTokenPath => Path.Combine(_root, "run/weft/appd.systoken");

    public int Pid => _appd.Pid;

    /// <summary>Starts the daemon, waits until it answers, and installs the package in <paramref name="app"/>.</summary>
    public static async Task<BenchDaemon> StartAsync(string install, string app)
    {
        BenchDaemon daemon = new(install);
        try
        {
            using ControlSocket socket = await daemon.ConnectAsync();
            socket.Send(new Install { Ref = app, Dev = true, Approve = true });
            socket.Read<AppsChanged>();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    public async Task<ControlSocket> ConnectAsync()
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return new ControlSocket(SocketPath);
            }
            catch (System.Net.Sockets.SocketException) when (tries < 200 && !_appd.Exited.IsCompleted)
            {
                await Task.Delay(25);
            }
        }
    }

    [SuppressMessage("Performance", "CA1849", Justification = "what is left of the folder is removed at once")]
    public async ValueTask DisposeAsync()
    {
        _appd.Signal(Signals.SIGTERM);
        ExitStatus status = await _appd.Exited.WaitAsync(TimeSpan.FromSeconds(30));
        if (status.Code != 0)
        {
            await Console.Error.WriteLineAsync($"weft-appd ended with {status}:\n{await File.ReadAllTextAsync(Path.Combine(_root, "appd.log"))}");
        }

        _appd.Dispose();
        foreach (string folder in Directory.EnumerateDirectories(_root, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(_root, recursive: true);
    }
}
