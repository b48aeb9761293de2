using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>A machine that has a Wasmtime executable and no library.</summary>
[Collection(DaemonCollection.Name)]
public sealed class ExecutableEngineTests
{
    [SkippableFact]
    public async Task Apps_run_by_it_nothing_is_compiled_ahead_and_it_is_named()
    {
        await using Daemon daemon = await StartAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("writes_data"));
        Assert.Equal("ok written", await app.AskAsync("put kept"));
        Assert.Equal("ok kept", await app.AskAsync("get"));
        JsonObject session = await app.Peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = app.Id });
        Assert.Equal(("exe", "48.0.8", false), ((string?)session["receipt"]!["engine"], (string?)session["receipt"]!["engine_version"], (bool?)session["receipt"]!["precompiled"]));
        Assert.True((ulong?)session["usage"]!["tasks"] > 2, session["usage"]!.ToJsonString()); // the executable's too
        Assert.False(Directory.Exists(Path.Combine(daemon.Top, "cache/weft/code")));
        foreach (string verb in (string[])["status", "doctor"])
        {
            Assert.Contains("as an executable", (await daemon.WeftAsync(verb)).Output, StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [InlineData("3", "failed", 3)]
    [InlineData("0", "exited", 0)]
    public async Task An_exit_code_is_the_guests(string said, string cause, int code)
    {
        await using Daemon daemon = await StartAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("exits_with"));
        await app.SayAsync(said);
        JsonObject end = await app.EndAsync();
        Assert.Equal((cause, code), ((string?)end["cause"], (int?)end["exit_code"]));
    }

    [SkippableTheory]
    [InlineData("trap", "divide", "crashed: integer divide by zero")]
    [InlineData("trap", "table", "crashed: undefined element: out of bounds table access")]
    [InlineData("trap", "wrong_type", "crashed: indirect call type mismatch")]
    [InlineData("recurses", "", "crashed: call stack exhausted")]
    [InlineData("exits_with", "126", "crashed: exit with invalid exit status outside of [0..126)")] // no trap that has a name
    public async Task A_trap_is_a_crash_and_says_why(string guest, string said, string why)
    {
        await using Daemon daemon = await StartAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id(guest), new JsonObject { ["args"] = new JsonArray(said) });
        if (guest == "exits_with")
        {
            await app.Peer.NextAsync("APP_READY", m => (string?)m["type"] == "APP_READY");
            await app.SayAsync(said);
        }

        JsonObject end = await app.EndAsync();
        Assert.Equal(("crashed", 134), ((string?)end["cause"], (int?)end["exit_code"]));
        Assert.Contains(why, (string?)end["message"], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_runtime_that_is_killed_leaves_no_engine_behind()
    {
        await using Daemon daemon = await StartAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("spins"));
        ProcessFacts runtime = await app.RuntimeAsync();
        IReadOnlyList<ProcessFacts> engine = ProcessTable.Descendants(runtime.Pid);
        Assert.Single(engine);
        await Commands.SignalAsync(runtime.Pid, "KILL");
        Assert.Equal("crashed", (string?)(await app.EndAsync())["cause"]);
        Assert.DoesNotContain(engine, process => process.Runs);
    }

    [SkippableFact]
    public async Task A_component_is_refused_with_the_way_to_a_library()
    {
        await using Daemon daemon = await StartAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id("component010"));
        JsonObject end = await app.EndAsync();
        Assert.Equal("launch_failed", (string?)end["cause"]);
        Assert.Contains("weft engine install", (string?)end["message"], StringComparison.Ordinal);
    }

    private static Task<Daemon> StartAsync() =>
        Daemon.StartAsync("[sessions]\ngrace = 1\n", ("WEFT_WASMTIME_LIB", ""), ("WEFT_WASMTIME_BIN", Prerequisite.SharedFile("wasmtime/48.0.8/bin/wasmtime")));
}
