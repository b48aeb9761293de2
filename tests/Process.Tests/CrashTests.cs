using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>The daemon dies, is started twice, is stopped: what sessions, folders and clients see.</summary>
[Collection(DaemonCollection.Name)]
public sealed class CrashTests
{
    [SkippableFact]
    public async Task What_a_dead_daemon_left_is_ended_and_explained_by_the_next()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        List<ulong> ids = [];
        List<ProcessFacts> processes = [];
        foreach (string name in (string[])["echo", "spins", "deaf"])
        {
            RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
            ids.Add(app.Id);
            processes.Add(await app.RuntimeAsync());
            await app.Peer.DisposeAsync();
        }

        await daemon.KillAsync();
        await daemon.StartAgainAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        foreach (ulong id in ids)
        {
            JsonObject state = await peer.ExpectAsync("APP_STATE", "QUERY_APP_STATE", new JsonObject { ["session_id"] = id });
            Assert.Equal(("stopped", "daemon_lost_it"), ((string?)state["state"], (string?)state["end"]?["cause"]));
        }

        Assert.DoesNotContain(processes, process => process.Runs);
        Assert.Empty(Directory.EnumerateFiles(daemon.RuntimeFolder, "ipc-*"));

        // Ids go on rising, and apps launch as before.
        await using RunningApp again = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        Assert.True(again.Id > ids.Max());
        Assert.Equal("hello", await again.AskAsync("hello"));
    }

    [SkippableFact]
    public async Task Ends_stay_known_over_an_orderly_restart()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id("exits_three"));
        JsonObject end = await app.EndAsync();
        Assert.Equal(0, await daemon.StopAsync());
        await daemon.StartAgainAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        JsonObject state = await peer.ExpectAsync("APP_STATE", "QUERY_APP_STATE", new JsonObject { ["session_id"] = app.Id });
        Assert.Equal(end.ToJsonString(), state["end"]!.ToJsonString());
    }

    [SkippableFact]
    public async Task A_second_daemon_on_the_same_root_leaves_with_75_and_touches_nothing()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        string[] before = Listing(daemon.Top);
        CommandResult second = await Commands.RunAsync(Path.Combine(Daemon.Out, "lib/weft/weft-appd"), ["--allow-root"], daemon.Variables);
        Assert.Equal(75, second.ExitCode);
        Assert.Contains($"{daemon.Pid}", second.Errors, StringComparison.Ordinal); // names the holder
        Assert.Equal(before, Listing(daemon.Top));
        Assert.Equal("hello", await app.AskAsync("hello"));

        // The same runtime folder with a state root of its own.
        var elsewhere = new Dictionary<string, string>(daemon.Variables) { ["XDG_STATE_HOME"] = Path.Combine(daemon.Top, "state2") };
        Assert.Equal(75, (await Commands.RunAsync(Path.Combine(Daemon.Out, "lib/weft/weft-appd"), ["--allow-root"], elsewhere)).ExitCode);
        Assert.Equal("hello", await app.AskAsync("hello"));
    }

    [SkippableFact]
    public async Task Without_a_runtime_folder_the_daemon_leaves_with_78_and_names_the_variable()
    {
        Prerequisite.Need(File.Exists(Path.Combine(Daemon.Out, "lib/weft/weft-appd")), $"an install tree in {Daemon.Out} (./dev publish, or WEFT_OUT)");
        // As root the folder has a default, so somebody else starts it; from a copy, for that user may not reach the project's folder.
        string folder = Directory.CreateTempSubdirectory("weft-test-").FullName, program = Path.Combine(folder, "weft-appd");
        File.Copy(Path.Combine(Daemon.Out, "lib/weft/weft-appd"), program);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        string[] asNobody = Environment.UserName == "root" ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        CommandResult result = await Commands.RunAsync("env", ["-u", "XDG_RUNTIME_DIR", "-u", "WEFT_RUNTIME_DIR", .. asNobody, program]);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(78, result.ExitCode);
        Assert.Contains("XDG_RUNTIME_DIR", result.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Signals_that_go_on_to_the_last_instant_change_nothing_about_the_exit_code()
    {
        for (int turn = 0; turn < 10; turn++)
        {
            await using Daemon daemon = await Daemon.StartAsync();
            await Commands.RunAsync("sh", ["-c", $"while kill -TERM {daemon.Pid} 2>/dev/null; do :; done"]);
            Assert.Equal(0, await daemon.StopAsync());
        }
    }

    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task An_orderly_stop_ends_all_sessions_as_shutdown_and_leaves_nothing(string signal)
    {
        await using Daemon daemon = await Daemon.StartAsync("[sessions]\ngrace = 1\n");
        List<ProcessFacts> processes = [];
        List<RunningApp> apps = [];
        foreach (string name in (string[])["echo", "spins", "ignores_closing", "sleeps", "deaf"])
        {
            apps.Add(await RunningApp.LaunchAsync(daemon, Guests.Id(name)));
            processes.Add(await apps[^1].RuntimeAsync());
        }

        RunningApp starting = await RunningApp.BeginAsync(daemon, Guests.Id("never_ready"));
        await Commands.SignalAsync(daemon.Pid, signal);
        foreach (RunningApp app in apps.Append(starting))
        {
            Assert.Equal("shutdown", (string?)(await app.EndAsync())["cause"]);
        }

        Assert.Equal(0, await daemon.StopAsync());
        Assert.DoesNotContain(processes, process => process.Runs);
        Assert.Empty(daemon.Leftovers());
        foreach (RunningApp app in apps.Append(starting))
        {
            await app.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task The_same_request_id_is_the_same_session_also_over_a_crash()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync("com.example.counter");
        await daemon.InstallAsync(Guests.Id("echo"));
        var request = new JsonObject { ["app_id"] = "com.example.counter", ["request_id"] = "once" };
        ulong id;
        await using (ControlPeer peer = await daemon.ConnectAsync())
        {
            id = (ulong)(await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", request))["session_id"]!;
            Assert.Equal(id, (ulong)(await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", request))["session_id"]!);
            await peer.ExpectErrorAsync(409, "LAUNCH_APP", new JsonObject { ["app_id"] = Guests.Id("echo"), ["request_id"] = "once" });
        }

        await daemon.KillAsync();
        await daemon.StartAgainAsync();
        await using ControlPeer later = await daemon.ConnectAsync();
        Assert.Equal(id, (ulong)(await later.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", request))["session_id"]!);
    }

    [SkippableFact]
    public async Task A_machine_that_requires_enforcement_refuses_every_launch()
    {
        await using Daemon daemon = await Daemon.StartAsync("[policy]\nenforcement = \"require\"\n");
        await daemon.InstallAsync(Guests.Id("echo"));
        await using ControlPeer peer = await daemon.SubscribeAsync();
        JsonObject reply = await peer.AskAsync("LAUNCH_APP", new JsonObject { ["app_id"] = Guests.Id("echo") });
        if ((string?)reply["type"] == "LAUNCH_ACK")
        {
            Assert.Equal("launch_failed", (string?)(await peer.EndAsync((ulong)reply["session_id"]!))["cause"]);
        }
        else
        {
            Assert.Equal("ERROR", (string?)reply["type"]);
        }

        Assert.Empty(ProcessTable.Descendants(daemon.Pid));
    }

    private static string[] Listing(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {(File.GetAttributes(path).HasFlag(FileAttributes.Directory) ? 0 : new FileInfo(path).Length)}")];
}
