using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>How each guest program ends, to the exact cause.</summary>
[Collection(DaemonCollection.Name)]
public sealed class GuestEndTests(SharedDaemon shared)
{
    [SkippableTheory]
    [InlineData("exits_zero", "exited", 0)]
    [InlineData("exits_three", "failed", 3)]
    [InlineData("takes_memory", "failed", 5)]
    [InlineData("reads_stdin", "exited", 0)]
    [InlineData("leaves_unready", "launch_failed", 0)]
    public async Task A_guest_that_leaves_by_itself_is_explained_by_its_code(string name, string cause, int code)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id(name));
        JsonObject end = await app.EndAsync();
        Assert.Equal((cause, code), ((string?)end["cause"], (int?)end["exit_code"]));
        Assert.NotEmpty((string?)end["message"] ?? "");
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(125)]
    public async Task The_exit_code_of_a_ready_guest_is_kept(int code)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("exits_with"));
        await app.SayAsync(code.ToString(System.Globalization.CultureInfo.InvariantCulture));
        JsonObject end = await app.EndAsync();
        Assert.Equal((code == 0 ? "exited" : "failed", code), ((string?)end["cause"], (int?)end["exit_code"]));
    }

    [SkippableTheory]
    [InlineData("unreachable", "unreachable")]
    [InlineData("divide", "divide by zero")]
    [InlineData("overflow", "integer overflow")]
    [InlineData("conversion", "integer overflow")] // Wasmtime's name for a float out of range too
    [InlineData("memory", "out of bounds memory")]
    [InlineData("null_function", "uninitialized element")]
    [InlineData("table", "out of bounds table")]
    [InlineData("wrong_type", "type mismatch")]
    [InlineData("stack", "out of bounds memory")] // the C stack lies first in memory
    public async Task A_trap_ends_the_session_with_its_name_and_a_backtrace(string kind, string words)
    {
        Daemon.NeedLibrary();
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id("trap"), new JsonObject { ["args"] = new JsonArray(kind) });
        JsonObject end = await app.EndAsync();
        Assert.Equal("crashed", (string?)end["cause"]);
        string all = end.ToJsonString();
        Assert.Contains(words, all.Replace('_', ' '), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(kind == "stack" ? "down" : "main", all, StringComparison.Ordinal); // of the guest's backtrace, whose innermost frames are kept
    }

    [SkippableFact]
    public async Task Endless_recursion_exhausts_the_guests_stack_and_nothing_else()
    {
        Daemon.NeedLibrary();
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id("recurses"));
        JsonObject end = await app.EndAsync();
        Assert.Equal("crashed", (string?)end["cause"]);
        Assert.Contains("stack", end.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Null(end["signal"]);
    }

    [SkippableTheory]
    [InlineData("never_ready")]
    [InlineData("spins_unready")]
    [InlineData("prints_ready")]
    public async Task A_guest_that_is_never_ready_is_ended_for_that(string name)
    {
        Daemon daemon = await shared.GetAsync(); // ready_timeout is 4 s there
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id(name));
        JsonObject end = await app.EndAsync();
        Assert.Equal("ready_timeout", (string?)end["cause"]);
        Assert.DoesNotContain(app.Peer.Unread(), m => (string?)m["type"] == "APP_READY" && (ulong?)m["session_id"] == app.Id);
    }

    [SkippableTheory]
    [InlineData("spins")]
    [InlineData("sleeps")]
    [InlineData("polls")]
    [InlineData("floods_output")]
    [InlineData("ignores_closing")]
    [InlineData("closes_stdio")]
    [InlineData("deaf")]
    [InlineData("echo")]
    public async Task Terminate_ends_whatever_the_guest_does(string name)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
        ProcessFacts runtime = await app.RuntimeAsync();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await app.TerminateAsync();
        JsonObject end = await app.EndAsync();
        Assert.Equal("terminated", (string?)end["cause"]);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"it took {watch.Elapsed}"); // grace is 1 s there
        Assert.False(runtime.Runs);
        Assert.DoesNotContain(ProcessTable.Descendants(daemon.Pid), process => process.Pid == runtime.Pid);
    }

    [SkippableTheory]
    [InlineData("ignores_closing")]
    [InlineData("spins_unready")]
    [InlineData("never_ready")]
    public async Task Force_does_not_wait_for_the_grace(string name)
    {
        await using Daemon daemon = await Daemon.StartAsync("[sessions]\ngrace = 60\n");
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id(name));
        await app.TerminateAsync(force: true);
        Assert.Equal("terminated", (string?)(await app.EndAsync(TimeSpan.FromSeconds(10)))["cause"]);
    }

    [SkippableFact]
    public async Task A_guest_that_hears_closing_can_save_and_leave_at_once()
    {
        await using Daemon daemon = await Daemon.StartAsync("[sessions]\ngrace = 60\n");
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("answers_closing"));
        await app.TerminateAsync();
        JsonObject end = await app.EndAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(("terminated", 0), ((string?)end["cause"], (int?)end["exit_code"]));
        Assert.Equal("60000", await File.ReadAllTextAsync(Path.Combine(daemon.Top, "data/weft/app-data", Guests.Id("answers_closing"), "closed")));
    }

    [SkippableFact]
    public async Task A_runtime_that_is_killed_is_a_crash_by_that_signal()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        await Commands.SignalAsync((await app.RuntimeAsync()).Pid, "KILL");
        JsonObject end = await app.EndAsync();
        Assert.Equal("crashed", (string?)end["cause"]);
        Assert.NotNull(end["signal"]);
    }

    [SkippableFact]
    public async Task Supervision_brings_a_failing_app_back_until_it_stays()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("fails_twice"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            JsonObject reply = await app.Peer.AskAsync("QUERY_RUNNING");
            JsonObject? running = reply["sessions"]!.AsArray().Select(session => session!.AsObject())
                .FirstOrDefault(session => (string?)session["app_id"] == Guests.Id("fails_twice") && (string?)session["state"] == "running");
            string runs = Path.Combine(daemon.Top, "data/weft/app-data", Guests.Id("fails_twice"), "runs");
            if (running is not null && File.Exists(runs) && await File.ReadAllTextAsync(runs) == "3")
            {
                await using var last = new RunningApp(daemon, await daemon.SubscribeAsync(), (ulong)running["session_id"]!);
                Assert.Equal("hello", await last.AskAsync("hello"));
                break;
            }

            Assert.True(watch.Elapsed < ControlPeer.Patience, $"it did not come back: {reply.ToJsonString()}");
            await Task.Delay(50); // whether the session keeps its id over a restart is not this test's business
        }
    }

    [SkippableFact]
    public async Task Every_guest_program_has_a_test()
    {
        string tests = string.Concat(await Task.WhenAll(Directory.EnumerateFiles(Path.Combine(Prerequisite.Root, "tests/Process.Tests"), "*.cs").Select(path => File.ReadAllTextAsync(path))));
        Assert.All(Guests.Names, name => Assert.Contains($"\"{name}\"", tests, StringComparison.Ordinal));
    }
}
