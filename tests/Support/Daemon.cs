using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Weft.Tests.Support;

/// <summary>
/// A published weft-appd in a temporary root of its own. <see cref="DisposeAsync"/> asks it to stop and fails unless it
/// leaves with code 0 and nothing of it stays: no process, no socket.
/// </summary>
public sealed class Daemon : IAsyncDisposable
{
    private readonly StringBuilder _log = new(); // guarded by itself
    private readonly HashSet<string> _installed = [];
    private readonly SemaphoreSlim _installing = new(1);
    private Process? _process;
    private DaemonWorld? _world;

    private Daemon(string top) => Top = top;

    /// <summary>The install tree under test: <c>WEFT_OUT</c>, else <c>out</c> of the project.</summary>
    public static string Out { get; } = Environment.GetEnvironmentVariable("WEFT_OUT") is { Length: > 0 } set ? set : Path.Combine(Prerequisite.Root, "out");

    public string Top { get; }

    public string RuntimeFolder => Path.Combine(Top, "run", "weft");

    public string StateFolder => Path.Combine(Top, "state", "weft");

    public string SocketPath => Path.Combine(RuntimeFolder, "appd.sock");

    public int Pid => _process!.Id;

    /// <summary>Raised when nothing of the daemon is left.</summary>
    public event Action? Disposed;

    public bool HasExited => _process!.HasExited;

    /// <summary>What daemon and command line are given besides this process's environment.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>The daemon's own arguments, from its next start on.</summary>
    public IReadOnlyList<string> Options { get; set; } = Environment.UserName == "root" ? ["--allow-root"] : [];

    /// <summary>All that the daemon printed, over its restarts.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <param name="settings">The text of appd.toml.</param>
    /// <param name="variables">More environment.</param>
    public static Task<Daemon> StartAsync(string? settings = null, params (string Name, string Value)[] variables) => StartAsync(null, settings, null, variables);

    /// <summary>The same, with more said.</summary>
    /// <param name="options">The daemon's own arguments; null: what it needs to run here.</param>
    /// <param name="settings">The text of appd.toml.</param>
    /// <param name="world">What is the daemon's alone; null: nothing.</param>
    /// <param name="variables">More environment.</param>
    public static async Task<Daemon> StartAsync(IReadOnlyList<string>? options, string? settings, DaemonWorld? world, params (string Name, string Value)[] variables)
    {
        Prerequisite.Need(File.Exists(Path.Combine(Out, "lib/weft/weft-appd")), $"an install tree in {Out} (./dev publish, or WEFT_OUT)");
        if (world is not null)
        {
            await world.NeedAsync();
        }

        var daemon = new Daemon(Directory.CreateTempSubdirectory("weft-test-").FullName);
        foreach ((string variable, string folder) in (ReadOnlySpan<(string, string)>)[("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state"), ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("HOME", "home")])
        {
            daemon.Variables[variable] = Path.Combine(daemon.Top, folder);
            Directory.CreateDirectory(daemon.Variables[variable], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        daemon.Options = options ?? daemon.Options;
        daemon._world = world;
        daemon.Variables["TOP"] = daemon.Top;
        daemon.Variables["WEFT_APPD_WS_PORT"] = "0";
        daemon.Variables["WEFT_DISABLE_CGROUP"] = "1";
        daemon.Variables["PATH"] = Path.Combine(Out, "bin") + ":" + Environment.GetEnvironmentVariable("PATH");
        if (Engine() is { } engine)
        {
            daemon.Variables["WEFT_WASMTIME_LIB"] = engine;
        }

        foreach ((string name, string value) in variables)
        {
            daemon.Variables[name] = value;
        }

        if (settings is not null)
        {
            Directory.CreateDirectory(Path.Combine(daemon.Top, "config/weft"));
            await File.WriteAllTextAsync(Path.Combine(daemon.Top, "config/weft/appd.toml"), settings);
        }

        try
        {
            await daemon.StartAgainAsync();
        }
        catch
        {
            daemon._process?.Kill(entireProcessTree: true);
            Directory.Delete(daemon.Top, recursive: true);
            throw;
        }

        return daemon;
    }

    /// <summary>Starts the daemon, again where it ran before, and waits until its socket answers.</summary>
    public async Task StartAgainAsync()
    {
        string program = Path.Combine(Out, "lib/weft/weft-appd");
        _process = _world is null
            ? Commands.Start("env", ["--default-signal=INT,HUP", program, .. Options], Variables) // a suite in the background of a shell ignores them, and children inherit that
            : Commands.Start("unshare", _world.Arguments([program, .. Options]), Variables);
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.Close();
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync();
                throw new Xunit.Sdk.XunitException($"weft-appd left with code {_process.ExitCode} before it was ready\n{Log}");
            }

            try
            {
                await using ControlPeer peer = await ConnectAsync();
                await peer.ExpectAsync("STATUS", "STATUS");
                return;
            }
            catch (System.Net.Sockets.SocketException) when (watch.Elapsed < ControlPeer.Patience)
            {
                await Task.Delay(10); // nothing outside tells that a socket begins to listen
            }
            catch (System.Net.Sockets.SocketException e)
            {
                throw new Xunit.Sdk.XunitException($"weft-appd was not ready in {ControlPeer.Patience.TotalSeconds} s: {e.Message}\n{Log}");
            }
        }
    }

    public Task<ControlPeer> ConnectAsync() => ControlPeer.ConnectAsync(SocketPath);

    /// <summary>A connection that gets all broadcasts.</summary>
    public async Task<ControlPeer> SubscribeAsync()
    {
        ControlPeer peer = await ConnectAsync();
        await peer.ExpectAsync("SUBSCRIBED", "SUBSCRIBE");
        return peer;
    }

    /// <summary>Runs <c>weft …</c> against this daemon.</summary>
    public Task<CommandResult> WeftAsync(params string[] arguments) => Commands.RunAsync(Path.Combine(Out, "bin/weft"), arguments, Variables);

    /// <summary>Installs a package as a development build, once; what it asks for is approved.</summary>
    public async Task InstallAsync(string id)
    {
        await _installing.WaitAsync();
        try
        {
            if (!_installed.Contains(id))
            {
                await InstallFolderAsync(await Guests.FolderAsync(id));
            }
        }
        finally
        {
            _installing.Release();
        }
    }

    public async Task InstallFolderAsync(string folder)
    {
        await using ControlPeer peer = await ConnectAsync();
        JsonObject reply = await peer.AskAsync("INSTALL", new JsonObject { ["ref"] = folder, ["dev"] = true, ["approve"] = true }, TimeSpan.FromMinutes(2));
        if ((string?)reply["type"] != "APPS_CHANGED")
        {
            throw new Xunit.Sdk.XunitException($"INSTALL {folder} was answered {reply.ToJsonString()}\n{Log}");
        }

        _installed.Add((string)reply["app_id"]!);
    }

    /// <summary>Ends the daemon as a crash does, and waits for its death. Its sessions stay.</summary>
    public async Task KillAsync()
    {
        await Commands.SignalAsync(Pid, "KILL");
        await _process!.WaitForExitAsync();
    }

    /// <summary>Asks the daemon to stop and waits: its exit code.</summary>
    public async Task<int> StopAsync(TimeSpan? patience = null)
    {
        await Commands.SignalAsync(Pid, "TERM");
        using var deadline = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(30));
        try
        {
            await _process!.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new Xunit.Sdk.XunitException($"weft-appd did not stop\n{Log}");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        IReadOnlyList<ProcessFacts> children = HasExited ? [] : ProcessTable.Descendants(Pid);
        var left = new List<string>();
        try
        {
            if (!HasExited)
            {
                int code = await StopAsync();
                if (code != 0)
                {
                    left.Add($"exit code {code}");
                }
            }

            left.AddRange(Leftovers());
        }
        finally
        {
            foreach (ProcessFacts child in children.Where(child => child.Runs))
            {
                left.Add($"process {child.Pid} {child.Command}");
                await Commands.SignalAsync(child.Pid, "KILL");
            }

            _process!.Dispose();
            RemoveTop();
            Disposed?.Invoke();
        }

        if (left.Count > 0)
        {
            throw new Xunit.Sdk.XunitException($"weft-appd left behind: {string.Join(", ", left)}\n{Log}");
        }
    }

    /// <summary>Sockets, bound or as files, that are there while no daemon runs.</summary>
    public IEnumerable<string> Leftovers() =>
        ProcessTable.UnixSockets(Top).Select(path => "socket " + path)
            .Concat(Directory.EnumerateFileSystemEntries(Top, "*", SearchOption.AllDirectories)
                .Where(path => path.EndsWith(".sock", StringComparison.Ordinal) || Path.GetFileName(path).StartsWith("ipc-", StringComparison.Ordinal) || path.EndsWith("appd.wsport", StringComparison.Ordinal))
                .Select(path => "file " + path));

    /// <summary>Waits until the daemon has no more descriptors than that.</summary>
    public async Task DescriptorsAsync(int atMost)
    {
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        while (ProcessTable.Descriptors(Pid).Count > atMost)
        {
            if (DateTime.UtcNow > until)
            {
                throw new Xunit.Sdk.XunitException($"the daemon has {ProcessTable.Descriptors(Pid).Count} descriptors, not {atMost}");
            }

            await Task.Delay(20); // nothing outside tells when another process has closed something
        }
    }

    /// <summary>Skips the test where there is no libwasmtime: an executable has no components, and the stand-in from npm no arguments and no names of traps.</summary>
    public static void NeedLibrary() => Prerequisite.Need(Engine() is not null, "libwasmtime (../shared, or WEFT_WASMTIME_LIB)");

    /// <summary>The libwasmtime under test; null where there is none.</summary>
    public static string? Engine()
    {
        if (Environment.GetEnvironmentVariable("WEFT_WASMTIME_LIB") is { Length: > 0 } set)
        {
            return set;
        }

        string? shared = Prerequisite.Shared is null ? null : Path.Combine(Prerequisite.Shared, "wasmtime/48.0.8/libwasmtime.so");
        return shared is not null && File.Exists(shared) ? Path.GetFullPath(shared) : null;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            _log.AppendLine(line.Data);
        }
    }

    private void RemoveTop()
    {
        foreach (string folder in Directory.EnumerateDirectories(Top, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.UserWrite); // revisions are read-only
        }

        Directory.Delete(Top, recursive: true);
    }
}
