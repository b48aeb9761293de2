using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Programs that are no weft-runtime and keep its oldest protocol: two arguments, READY, an exit code. Here shell scripts.</summary>
[Collection(DaemonCollection.Name)]
public sealed class ForeignRuntimeTests
{
    private const string Settings = "[sessions]\nready_timeout = 2\ngrace = 1\n";

    // Sleeps in pieces, so that a signal to the shell alone is heard.
    private const string Wait = "while :; do sleep 0.1; done";

    private static readonly string App = Guests.Id("echo");

    [SkippableTheory]
    [InlineData("READY")]
    [InlineData("READY $WEFT_READY_TOKEN")]
    public async Task It_gets_two_arguments_and_is_an_app_once_it_says_READY(string ready)
    {
        await using Daemon daemon = await StartAsync($"""echo "got $# $1 $2 in $(env | cut -d= -f1 | sort | tr '\n' ' ')"; echo "{ready}"; trap 'echo bye; exit 0' TERM; {Wait}""");
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, App);
        string got = await app.LogLineAsync(line => line.StartsWith("got ", StringComparison.Ordinal));
        Assert.StartsWith($"got 2 {App} {app.Id} in ", got, StringComparison.Ordinal);
        Assert.All(got.Split(" in ")[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), name => Assert.Contains(name, (string[])["PATH", "PWD", "SHLVL", "OLDPWD", "_", "WEFT_READY_TOKEN", "WEFT_WASMTIME_LIB", "WEFT_WASMTIME_BIN"]));

        JsonObject session = await app.Peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = app.Id });
        Assert.Equal(("foreign", "foreign", "unknown"), ((string?)session["runtime_version"], (string?)session["receipt"]!["runtime"], (string?)session["receipt"]!["enforcement"]));
        await app.Peer.ExpectErrorAsync(409, "IPC_FORWARD", new JsonObject { ["session_id"] = app.Id, ["payload"] = "x" });
        Assert.Contains("foreign", (await daemon.WeftAsync("status")).Success(), StringComparison.Ordinal);

        await app.TerminateAsync();
        JsonObject end = await app.EndAsync();
        Assert.Equal(("terminated", 0), ((string?)end["cause"], (int?)end["exit_code"]));
        await app.LogLineAsync(line => line == "bye");
    }

    [SkippableTheory]
    [InlineData("echo READY; exit 0", "exited", 0, null)]
    [InlineData("echo READY; exit 3", "failed", 3, null)]
    [InlineData("echo READY; exit 255", "failed", 255, null)]
    [InlineData("echo READY; kill -SEGV $$", "crashed", null, "SIGSEGV")]
    [InlineData("echo READY; kill -KILL $$", "crashed", null, "SIGKILL")]
    [InlineData("exit 0", "launch_failed", 0, null)]
    [InlineData("echo ready; echo READY wrong; echo ' READY'; printf READY; exit 4", "launch_failed", 4, null)]
    public async Task Its_end_is_explained_by_its_status(string script, string cause, int? code, string? signal)
    {
        await using Daemon daemon = await StartAsync(script);
        await using RunningApp app = await RunningApp.BeginAsync(daemon, App);
        JsonObject end = await app.EndAsync();
        Assert.Equal((cause, code), ((string?)end["cause"], (int?)end["exit_code"]));
        Assert.Contains(signal ?? "", end.ToJsonString(), StringComparison.Ordinal);
        Assert.NotEmpty((string?)end["message"] ?? "");
    }

    [SkippableFact]
    public async Task A_flood_of_errors_before_READY_is_drained_and_READY_counts_once()
    {
        await using Daemon daemon = await StartAsync($"head -c 1500000 /dev/zero | tr '\\0' 'x' | fold -w 99 >&2; echo READY; echo READY; echo 'after both'; {Wait}", "[sessions]\nready_timeout = 60\ngrace = 1\n");
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, App);
        await app.LogLineAsync(line => line == "after both");
        Assert.DoesNotContain(app.Peer.Unread(), message => (string?)message["type"] == "APP_READY");
        await app.TerminateAsync();
        Assert.Equal("terminated", (string?)(await app.EndAsync())["cause"]);
    }

    [SkippableFact]
    public async Task One_that_is_never_ready_is_ended_for_that()
    {
        await using Daemon daemon = await StartAsync($"echo almost; {Wait}");
        await using RunningApp app = await RunningApp.BeginAsync(daemon, App);
        Assert.Equal("ready_timeout", (string?)(await app.EndAsync())["cause"]);
    }

    [SkippableFact]
    public async Task One_that_ignores_SIGTERM_is_killed_with_all_it_started()
    {
        await using Daemon daemon = await StartAsync("trap '' TERM; (trap '' TERM; setsid sleep 1000 & sleep 1000) & echo READY; while :; do sleep 1000; done");
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, App);
        IReadOnlyList<ProcessFacts> all;
        do
        {
            all = ProcessTable.Descendants(daemon.Pid);
        }
        while (all.Count(process => process.Command == "sleep") < 3);
        await app.TerminateAsync();
        Assert.Equal("terminated", (string?)(await app.EndAsync())["cause"]);
        Assert.DoesNotContain(all, process => process.Runs);
    }

    [SkippableFact]
    public async Task As_root_it_runs_as_the_session_user_from_its_first_line()
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        await using Daemon daemon = await StartAsync($"echo \"ids $(id -u) $(id -g) $(id -G)\"; echo READY; {Wait}", "session_user = \"nobody\"\n" + Settings, options: []);
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, App);
        Assert.Equal("ids 65534 65534 65534", await app.LogLineAsync(line => line.StartsWith("ids ", StringComparison.Ordinal)));
    }

    private static async Task<Daemon> StartAsync(string script, string settings = Settings, string[]? options = null)
    {
        // Where another user can run it, too.
        string folder = Directory.CreateTempSubdirectory("weft-foreign-").FullName, path = Path.Combine(folder, "runtime");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{script}\n");
        const UnixFileMode open = (UnixFileMode)0b111_101_101;
        File.SetUnixFileMode(folder, open);
        File.SetUnixFileMode(path, open);
        Daemon daemon = await Daemon.StartAsync(options, settings, null, ("WEFT_RUNTIME_BIN", path));
        daemon.Disposed += () => Directory.Delete(folder, recursive: true);
        return daemon;
    }
}
