using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>What guests get, may, and cannot do while they run.</summary>
[Collection(DaemonCollection.Name)]
public sealed class GuestBehaviourTests(SharedDaemon shared)
{
    [SkippableTheory]
    [InlineData("echo")]
    [InlineData("floods_errors")]
    [InlineData("long_line")]
    [InlineData("hostile_jsonrpc")]
    public async Task Messages_reach_the_guest_and_come_back_whatever_it_printed_before(string name)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
        await app.SayAsync("hello \u0001 \"\\ \u2028 🧵");
        string heard;
        do
        {
            heard = await app.HearAsync(); // the hostile guest's well-formed sends come first
        }
        while (heard is "x" or "y" or "batch" or "id" or "\ufffd" or "\ufffd\ufffd");
        Assert.Equal("hello \u0001 \"\\ \u2028 🧵", heard);
    }

    [SkippableFact]
    public async Task Payloads_up_to_the_limit_pass_and_longer_ones_are_413()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        foreach (string payload in (string[])["", new string('\u0001', 65536), new string('"', 65536), string.Concat(Enumerable.Repeat("🧵", 16384))])
        {
            Assert.Equal(payload, await app.AskAsync(payload));
        }

        await app.Peer.ExpectErrorAsync(413, "IPC_FORWARD", new JsonObject { ["session_id"] = app.Id, ["payload"] = new string('a', 65537) });
        await app.Peer.ExpectErrorAsync(413, "IPC_FORWARD", new JsonObject { ["session_id"] = app.Id, ["payload"] = string.Concat(Enumerable.Repeat("🧵", 16384)) + "a" });
        Assert.Equal("still there", await app.AskAsync("still there"));
    }

    [SkippableFact]
    public async Task A_thousand_messages_keep_their_order()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        for (int i = 0; i < 1000; i++)
        {
            await app.SayAsync($"{i}");
        }

        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal($"{i}", await app.HearAsync());
        }
    }

    [SkippableFact]
    public async Task A_guest_that_does_not_read_answers_429_to_the_sender_and_nobody_else_waits()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp deaf = await RunningApp.LaunchAsync(daemon, Guests.Id("deaf"));
        await using RunningApp echo = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        string big = new('x', 60000);
        JsonObject reply = [];
        int taken = 0;
        for (; taken < 1000; taken++)
        {
            reply = await deaf.Peer.AskAsync("IPC_FORWARD", new JsonObject { ["session_id"] = deaf.Id, ["payload"] = big });
            if ((string?)reply["type"] == "ERROR")
            {
                break;
            }
        }

        Assert.Equal(429, (int?)reply["code"]);
        Assert.InRange(taken, 1, 999);
        Assert.Equal("hello", await echo.AskAsync("hello"));
    }

    [SkippableFact]
    public async Task Sends_that_overflow_are_told_to_the_guest()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("sends_flood"));
        await app.SayAsync("request 300");
        string outcome = await app.LogLineAsync(line => line.StartsWith("taken ", StringComparison.Ordinal));
        int[] counts = [.. outcome.Split(' ').Where((_, i) => i % 2 == 1).Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal((300, 0), (counts[0] + counts[1], counts[2])); // each was taken or refused as full, nothing else

        await app.SayAsync("notify 300");
        await app.LogLineAsync(line => line == "sent");
    }

    [SkippableFact]
    public async Task Calls_without_their_grant_are_refused_by_the_name_of_the_capability()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("calls_ungranted"));
        foreach ((string call, string capability) in ((string, string)[])[("notify", "sys:notifications"), ("clipboard.read", "sys:clipboard:read"),
            ("clipboard.write text", "sys:clipboard:write"), ("fetch http://example.com/", "net:fetch")])
        {
            string answer = await app.AskAsync(call);
            Assert.StartsWith($"{call.Split(' ')[0]} -32001 ", answer, StringComparison.Ordinal);
            Assert.Contains(capability, answer, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Notification_and_clipboard_work_with_their_grants()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("calls_granted"));
        Assert.Equal("notify 0 ", await app.AskAsync("notify"));
        JsonObject notification = await app.Peer.NextAsync("NOTIFICATION", app.Id);
        Assert.Equal(("Title", "Body"), ((string?)notification["title"], (string?)notification["body"]));
        Assert.Equal("clipboard.write 0 ", await app.AskAsync("clipboard.write Hallo 🧵"));
        await using RunningApp other = await RunningApp.LaunchAsync(daemon, Guests.Id("calls_granted"));
        Assert.Equal("clipboard.read 0 Hallo 🧵", await other.AskAsync("clipboard.read"));
    }

    [SkippableFact]
    public async Task A_guest_sees_its_own_arguments_and_environment_and_nothing_of_the_host()
    {
        Daemon.NeedLibrary();
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("tells_world"),
            new JsonObject { ["args"] = new JsonArray("one", "zwei — 🧵", ""), ["env"] = new JsonObject { ["GREETING"] = "hallo", ["LD_PRELOAD"] = "/nowhere.so", ["DOTNET_gcServer"] = "1" } });
        string[] facts = (await app.AskAsync("?")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["arg one", "arg zwei — 🧵", "arg "], facts.Where(fact => fact.StartsWith("arg", StringComparison.Ordinal)));
        Assert.Equal(["env DOTNET_gcServer=1", "env GREETING=hallo", "env LD_PRELOAD=/nowhere.so"], facts.Where(fact => fact.StartsWith("env", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(["fd 0", "fd 1", "fd 2"], facts.Where(fact => fact.StartsWith("fd", StringComparison.Ordinal)));
        Assert.All(facts.Where(fact => fact.StartsWith("open", StringComparison.Ordinal)), fact => Assert.DoesNotContain("opened", fact, StringComparison.Ordinal));

        // Nor did the runtime get the guest's variables, or the daemon's.
        string[] own = (await File.ReadAllTextAsync($"/proc/{(await app.RuntimeAsync()).Pid}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(own, variable => Assert.Contains(variable.Split('=')[0], (string[])["PATH", "WEFT_READY_TOKEN", "WEFT_WASMTIME_LIB", "WEFT_WASMTIME_BIN"]));
    }

    [SkippableFact]
    public async Task App_data_stays_and_no_link_leads_out_of_it()
    {
        Daemon daemon = await shared.GetAsync();
        string id = Guests.Id("writes_data");
        await using (RunningApp app = await RunningApp.LaunchAsync(daemon, id))
        {
            Assert.Equal("ok written", await app.AskAsync("put kept"));
        }

        string data = Path.Combine(daemon.Top, "data/weft/app-data", id);
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(data, "text")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));

        await using RunningApp again = await RunningApp.LaunchAsync(daemon, id);
        Assert.Equal("ok kept", await again.AskAsync("get"));
        string secret = Path.Combine(daemon.Top, "secret");
        await File.WriteAllTextAsync(secret, "secret");
        foreach (string target in (string[])[secret, "../../../../secret", "/etc/hostname"])
        {
            Assert.StartsWith("error", await again.AskAsync("link " + target), StringComparison.Ordinal);
        }

        File.CreateSymbolicLink(Path.Combine(data, "text2"), secret);
        File.Delete(Path.Combine(data, "text"));
        File.Move(Path.Combine(data, "text2"), Path.Combine(data, "text"));
        Assert.StartsWith("error", await again.AskAsync("get"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_read_only_grant_reads_only()
    {
        Daemon.NeedLibrary();
        Daemon daemon = await shared.GetAsync();
        string id = Guests.Id("reads_only"), data = Path.Combine(daemon.Top, "data/weft/app-data", id);
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, id);
        await File.WriteAllTextAsync(Path.Combine(data, "text"), "here");
        Assert.Equal("read yes write no make no remove no folder no", await app.AskAsync("/data/text"));
        Assert.Equal(["text"], Directory.EnumerateFileSystemEntries(data).Select(Path.GetFileName));
    }

    [SkippableFact]
    public async Task What_a_session_uses_is_told_of_all_its_processes()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("spins"));
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        JsonNode usage;
        do
        {
            usage = (await app.Peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = app.Id }))["usage"]!;
            Assert.True(DateTime.UtcNow < until, usage.ToJsonString());
        }
        while ((ulong?)usage["cpu_ms"] is null or < 50); // it spins: time is all that it takes
        Assert.InRange((uint)usage["tasks"]!, 2u, 64u);
        Assert.InRange((ulong)usage["memory"]!, 1ul << 20, 64ul << 20);
        Assert.Matches("usage +cpu [1-9][0-9]* ms, memory [^-]+, tasks [1-9]", (await daemon.WeftAsync("inspect", $"{app.Id}")).Success());
    }

    [SkippableFact]
    public async Task What_a_guest_prints_is_in_its_log()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("floods_errors"));
        // 1 MiB in an instant: the end of it is there, and where the ring was overrun a gap is marked.
        await app.LogLineAsync(line => line.Contains("16383", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task An_app_that_always_fails_is_given_up_with_limit()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.BeginAsync(daemon, Guests.Id("fails_always"));
        JsonObject last = await app.Peer.NextAsync("an end with cause limit",
            m => (string?)m["state"] == "stopped" && (string?)m["end"]?["cause"] == "limit", TimeSpan.FromSeconds(60));
        Assert.NotEmpty((string?)last["end"]!["message"] ?? "");
    }
}
