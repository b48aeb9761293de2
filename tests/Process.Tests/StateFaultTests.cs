using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>A state root that is full, read-only, damaged, or somebody else's.</summary>
[Collection(DaemonCollection.Name)]
public sealed class StateFaultTests
{
    [SkippableFact]
    public async Task A_full_disk_refuses_launches_ends_nothing_and_is_over_when_there_is_room()
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        await using Daemon daemon = await Daemon.StartAsync(null, "[sessions]\ngrace = 1\n", new DaemonWorld("mkdir -p $TOP/state/weft; mount -t tmpfs -o size=512k,mode=700 tmpfs $TOP/state/weft"));
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        string state = $"/proc/{daemon.Pid}/root{daemon.StateFolder}", filler = Path.Combine(state, "filler");
        Fill(filler);
        int running = Running(daemon);

        JsonObject refused = await app.Peer.AskAsync("LAUNCH_APP", new JsonObject { ["app_id"] = Guests.Id("echo") });
        Assert.Equal(("ERROR", 500), ((string?)refused["type"], (int?)refused["code"]));
        Assert.Contains("ENOSPC", (string?)refused["message"], StringComparison.Ordinal);
        Assert.Equal("still here", await app.AskAsync("still here"));
        await UntilAsync(() => Running(daemon) == running && Directory.EnumerateFiles(daemon.RuntimeFolder, "ipc-*").Count() == 1);

        // It ends as any other, and its end is told; on disk it is when there is room.
        await app.TerminateAsync();
        Assert.Equal("terminated", (string?)(await app.EndAsync())["cause"]);
        File.Delete(filler);
        await using (RunningApp again = await RunningApp.LaunchAsync(daemon, Guests.Id("echo")))
        {
            Assert.True(again.Id > app.Id);
            Assert.Equal("hello", await again.AskAsync("hello"));
        }

        string ended = Path.Combine(state, "ended-sessions.json");
        await UntilAsync(() => File.Exists(ended) && File.ReadAllText(ended).Contains($"\"session_id\":{app.Id}", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_read_only_state_root_is_an_error_that_names_it()
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        Xunit.Sdk.XunitException refused = await Assert.ThrowsAsync<Xunit.Sdk.XunitException>(
            () => Daemon.StartAsync(null, null, new DaemonWorld("mkdir -p $TOP/state/weft; mount -t tmpfs -o ro,mode=700 tmpfs $TOP/state/weft")));
        Assert.Contains("left with code 1 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/state/weft/state.lock: Read-only file system (EROFS)", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Damaged_records_are_set_aside_and_no_id_is_given_twice()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        ulong last;
        await using (RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo")))
        {
            last = app.Id;
        }

        Assert.Equal(0, await daemon.StopAsync());
        string[] records = ["sessions.json", "ended-sessions.json", "session-counter.json"];
        foreach (string record in records)
        {
            byte[] content = await File.ReadAllBytesAsync(Path.Combine(daemon.StateFolder, record));
            content[^1] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(daemon.StateFolder, record), content);
        }

        // Ids go on from the clock then: a second of it later than the last one was made.
        while ((ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() <= last)
        {
            await Task.Delay(100);
        }

        await daemon.StartAgainAsync();
        Assert.All(records, record => Assert.Single(Directory.EnumerateFiles(daemon.StateFolder, record + ".damaged-*")));
        Assert.All(records, record => Assert.Contains(record, daemon.Log, StringComparison.Ordinal));
        await using RunningApp again = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        Assert.True(again.Id > last);
    }

    [SkippableTheory]
    [InlineData("ln -s $TOP/config $TOP/state/weft", "it is a symbolic link")]
    [InlineData("mkdir -m 777 $TOP/state/weft", "everybody may write there")]
    [InlineData("mkdir $TOP/state/weft; chmod 777 $TOP/state", "everybody may write there")]
    [InlineData("mkdir $TOP/state/weft; chown 1234 $TOP/state/weft", "it belongs to uid 1234")]
    [InlineData("mkdir $TOP/run/weft; chown 1234 $TOP/run/weft", "it belongs to uid 1234")]
    [InlineData("touch $TOP/state/weft", "it is no folder")]
    public async Task A_root_that_others_could_prepare_refuses_the_start(string before, string why)
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        Xunit.Sdk.XunitException refused = await Assert.ThrowsAsync<Xunit.Sdk.XunitException>(() => Daemon.StartAsync(null, null, new DaemonWorld(before)));
        Assert.Contains("left with code 78 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Processes below the daemon; a session has one, or two where its engine is a program.</summary>
    private static int Running(Daemon daemon) => ProcessTable.Descendants(daemon.Pid).Count(process => process.Runs);

    /// <summary>For what nobody announces.</summary>
    private static async Task UntilAsync(Func<bool> condition)
    {
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "it never came");
            await Task.Delay(20);
        }
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (file.Length < 1 << 20)
            {
                file.Write(page);
            }

            Assert.Fail("the disk is not full");
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
