using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>A daemon that root runs: whose its sessions are, and what it says where they are root's.</summary>
[Collection(DaemonCollection.Name)]
public sealed class SessionUserTests
{
    private const string User = "nobody";
    private const string Uid = "65534";

    private static readonly string[] WithoutOptions = [];

    [SkippableFact]
    public async Task Sessions_run_as_the_session_user_and_nothing_of_root_stays_with_them()
    {
        await using var engine = await OpenEngine.CopyAsync();
        await using Daemon daemon = await StartAsync(engine);
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("writes_data"));
        Dictionary<string, string> status = Status((await app.RuntimeAsync()).Pid);
        Assert.Equal($"{Uid} {Uid} {Uid} {Uid}", status["Uid"]);
        Assert.Equal($"{Uid} {Uid} {Uid} {Uid}", status["Gid"]);
        Assert.Equal(Uid, status["Groups"]);
        Assert.All((string[])["CapInh", "CapPrm", "CapEff", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));

        Assert.Equal("ok written", await app.AskAsync("put kept"));
        Assert.Equal("ok kept", await app.AskAsync("get"));
        string data = Path.Combine(daemon.Top, "data/weft/app-data", Guests.Id("writes_data"));
        Assert.Equal($"{User} 700", await FactsAsync(data));
        Assert.Equal(User, (await FactsAsync(Path.Combine(data, "text"))).Split(' ')[0]);
        Assert.Equal("root 700", await FactsAsync(daemon.StateFolder));

        JsonObject session = await app.Peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = app.Id });
        Assert.Equal(User, (string?)session["receipt"]!["user"]);
        Assert.Contains($"sessions run as {User} (uid {Uid})", (await daemon.WeftAsync("status")).Success(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Whatever_a_guest_of_another_user_does_it_ends_and_nothing_is_left()
    {
        await using var engine = await OpenEngine.CopyAsync();
        await using Daemon daemon = await StartAsync(engine);
        foreach (string name in (string[])["spins", "ignores_closing", "sleeps"])
        {
            await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
            ProcessFacts runtime = await app.RuntimeAsync();
            await app.TerminateAsync();
            Assert.Equal("terminated", (string?)(await app.EndAsync())["cause"]);
            Assert.False(runtime.Runs);
        }

        RunningApp lost = await RunningApp.LaunchAsync(daemon, Guests.Id("spins"));
        ProcessFacts left = await lost.RuntimeAsync();
        await lost.Peer.DisposeAsync();
        await daemon.KillAsync();
        await daemon.StartAgainAsync();
        Assert.False(left.Runs);
    }

    [SkippableFact]
    public async Task What_only_root_may_read_reaches_the_session_by_descriptor()
    {
        await using var engine = await OpenEngine.CopyAsync();
        await using Daemon daemon = await StartAsync(engine);
        await daemon.InstallAsync(Guests.Id("echo"));
        foreach (string module in Directory.EnumerateFiles(Path.Combine(daemon.Top, "data/weft/apps"), "app.wasm", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(module, UnixFileMode.UserRead);
        }

        Directory.Delete(Path.Combine(daemon.Top, "cache/weft/code"), recursive: true); // compiled again, from a module that the compiler's user cannot open
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        Assert.Equal("hello", await app.AskAsync("hello"));
    }

    [SkippableFact]
    public async Task Data_that_was_roots_is_the_session_users_from_then_on()
    {
        await using var engine = await OpenEngine.CopyAsync();
        await using Daemon daemon = await StartAsync(engine, options: ["--allow-root"], user: null);
        string data = Path.Combine(daemon.Top, "data/weft/app-data", Guests.Id("writes_data"));
        await using (RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("writes_data")))
        {
            Assert.Equal("ok written", await app.AskAsync("put kept"));
            JsonObject session = await app.Peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = app.Id });
            Assert.Equal("root", (string?)session["receipt"]!["user"]);
        }

        foreach (string verb in (string[])["status", "doctor"])
        {
            Assert.Contains("sessions run as root", (await daemon.WeftAsync(verb)).Output, StringComparison.Ordinal);
        }

        Assert.Equal("root 700", await FactsAsync(data));
        Directory.CreateDirectory(Path.Combine(data, "inner"));
        File.CreateSymbolicLink(Path.Combine(data, "inner/link"), Path.Combine(daemon.Top, "config"));
        Assert.Equal(0, await daemon.StopAsync());
        await WriteSettingsAsync(daemon.Top, User);
        daemon.Options = WithoutOptions;
        await daemon.StartAgainAsync();
        await using (RunningApp again = await RunningApp.LaunchAsync(daemon, Guests.Id("writes_data")))
        {
            Assert.Equal("ok kept", await again.AskAsync("get"));
            Assert.Equal("ok written", await again.AskAsync("put new"));
            foreach (string path in (string[])[data, Path.Combine(data, "text"), Path.Combine(data, "inner"), Path.Combine(data, "inner/link")])
            {
                Assert.Equal(User, (await FactsAsync(path)).Split(' ')[0]);
            }

            Assert.Equal("root", (await FactsAsync(Path.Combine(daemon.Top, "config"))).Split(' ')[0]); // what a link names is not given
        }

        Assert.Equal(0, await daemon.StopAsync());
        await WriteSettingsAsync(daemon.Top, null);
        daemon.Options = ["--allow-root"];
        await daemon.StartAgainAsync();
        await using RunningApp back = await RunningApp.LaunchAsync(daemon, Guests.Id("writes_data"));
        Assert.Equal("ok new", await back.AskAsync("get"));
        Assert.Equal("root 700", await FactsAsync(data));
    }

    [SkippableTheory]
    [InlineData(null, "set session_user in /etc/weft/appd.toml")]
    [InlineData("no-such-user", "session_user 'no-such-user': there is no such user")]
    [InlineData("root", "session_user 'root': it is root")]
    public async Task Root_is_refused_where_sessions_would_be_roots_too(string? user, string said)
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        Prerequisite.Need(File.Exists(Path.Combine(Daemon.Out, "lib/weft/weft-appd")), $"an install tree in {Daemon.Out} (./dev publish, or WEFT_OUT)");
        string top = Directory.CreateTempSubdirectory("weft-test-").FullName;
        await WriteSettingsAsync(top, user);
        CommandResult result = await Commands.RunAsync(Path.Combine(Daemon.Out, "lib/weft/weft-appd"), [], new Dictionary<string, string>
        {
            ["XDG_RUNTIME_DIR"] = Path.Combine(top, "run"),
            ["XDG_STATE_HOME"] = Path.Combine(top, "state"),
            ["XDG_CONFIG_HOME"] = Path.Combine(top, "config"),
        });
        Directory.Delete(top, recursive: true);
        Assert.Equal(78, result.ExitCode);
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    private static async Task<Daemon> StartAsync(OpenEngine engine, string[]? options = null, string? user = User)
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        return await Daemon.StartAsync(options ?? WithoutOptions, Settings(user), null, ("WEFT_WASMTIME_LIB", engine.Path));
    }

    private static string Settings(string? user) => $"{(user is null ? "" : $"session_user = \"{user}\"\n")}[sessions]\ngrace = 1\n";

    private static async Task WriteSettingsAsync(string top, string? user)
    {
        string folder = Directory.CreateDirectory(Path.Combine(top, "config/weft")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "appd.toml"), Settings(user));
    }

    private static Dictionary<string, string> Status(int pid) => File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim().Replace('\t', ' '));

    /// <summary>Owner and mode.</summary>
    private static async Task<string> FactsAsync(string path) => (await Commands.RunAsync("stat", ["-c", "%U %a", path])).Success().Trim();

    /// <summary>The engine where everybody can open it: a checkout may lie in a folder of root's.</summary>
    private sealed class OpenEngine(string folder) : IAsyncDisposable
    {
        public string Path => System.IO.Path.Combine(folder, "libwasmtime.so");

        public static async Task<OpenEngine> CopyAsync()
        {
            Prerequisite.Need(Daemon.Engine() is not null, "libwasmtime (../shared, or WEFT_WASMTIME_LIB)");
            const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            var copy = new OpenEngine(Directory.CreateTempSubdirectory("weft-test-engine-").FullName);
            await using (FileStream from = File.OpenRead(Daemon.Engine()!))
            await using (FileStream to = File.Create(copy.Path))
            {
                await from.CopyToAsync(to);
            }

            File.SetUnixFileMode(copy.Path, open);
            File.SetUnixFileMode(System.IO.Path.GetDirectoryName(copy.Path)!, open);
            return copy;
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
