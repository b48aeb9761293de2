using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Runtime.Tests.Session;

public sealed class ChannelTests
{
    [SkippableFact]
    public async Task A_peer_learns_the_state_and_talks_to_the_guest()
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        Assert.True((bool)peer.Hello["ready"]!);
        Assert.Equal("lib", (string?)peer.Hello["report"]!["engine"]);
        Assert.Equal("ready", (string?)(await peer.NextAsync("ready"))["type"]);
        Assert.True(await peer.AcceptedAsync(peer.Message("grüße \u0001 \"\\\n")));
        Assert.Equal("grüße \u0001 \"\\\n", await peer.PayloadAsync());
    }

    [SkippableTheory]
    [InlineData("""{"token":"wrong","taken":0,"next":1}""")]
    [InlineData("""{"token":"","taken":0,"next":1}""")]
    [InlineData("""{"taken":0,"next":1}""")]
    [InlineData("""{"token":"test-token","taken":0,"next":0}""")]
    [InlineData("""{"token":"test-token"}""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("\u0000\u0001")]
    public async Task A_peer_without_the_token_or_sense_is_told_nothing(string first)
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        using (TestPeer peer = TestPeer.Connect(runtime.SocketPath))
        {
            peer.SendRaw(Encoding.UTF8.GetBytes(first + "\n"));
            Assert.Null(await peer.LineAsync());
        }

        using TestPeer next = await TestPeer.ConnectAsync(runtime.SocketPath);
        next.Message("still here");
        Assert.Equal("still here", await next.PayloadAsync());
    }

    [SkippableTheory]
    [InlineData("""{"n":7,"type":"message","payload":"x"}""")]
    [InlineData("""{"ack":99}""")]
    [InlineData("""{"n":1}""")]
    [InlineData("nonsense")]
    [InlineData("long")]
    public async Task A_peer_that_breaks_the_protocol_is_dropped_and_the_session_lives(string line)
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        using (TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath))
        {
            peer.SendRaw(Encoding.UTF8.GetBytes((line == "long" ? new string('x', 600_000) : line) + "\n"));
            while (await peer.LineAsync() is not null)
            {
            }
        }

        using TestPeer next = await TestPeer.ConnectAsync(runtime.SocketPath);
        next.Message("still here");
        Assert.Equal("still here", await next.PayloadAsync());
    }

    [SkippableFact]
    public async Task What_ends_the_guest_is_acknowledged_before_the_runtime_is_gone()
    {
        for (int i = 0; i < 5; i++)
        {
            await using var runtime = new TestRuntime(Guests.Module("exits_with"));
            await runtime.BeReadyAsync();
            using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
            Assert.True(await peer.AcceptedAsync(peer.Message("3")));
            Assert.Equal(3, (await runtime.ExitAsync()).Code);
        }
    }

    [SkippableFact]
    public async Task What_no_peer_acknowledged_comes_again_to_the_next_one_once_and_in_order()
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        ulong taken;
        using (TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath))
        {
            await peer.NextAsync("ready");
            peer.Message("a");
            Assert.Equal("a", await peer.PayloadAsync());
            taken = peer.Taken;
            peer.Acknowledge();
            peer.Message("b");
            peer.Message("c");
            Assert.Equal("b", await peer.PayloadAsync());
            Assert.Equal("c", await peer.PayloadAsync());

            // Neither b nor c is acknowledged: this peer dies.
        }

        using TestPeer next = await TestPeer.ConnectAsync(runtime.SocketPath, taken: taken, next: 4);
        Assert.Equal(3ul, (ulong)next.Hello["taken"]!);
        Assert.Equal("b", await next.PayloadAsync());
        Assert.Equal("c", await next.PayloadAsync());
        next.Message("d");
        Assert.Equal("d", await next.PayloadAsync());
    }

    [SkippableFact]
    public async Task A_message_that_was_sent_twice_is_taken_once()
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        using (TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath))
        {
            peer.Message("one");
            Assert.Equal("one", await peer.PayloadAsync());
            peer.Acknowledge();
        }

        using TestPeer next = await TestPeer.ConnectAsync(runtime.SocketPath, taken: 2, next: 1);
        next.Message("one");
        next.Message("two");
        Assert.Equal("two", await next.PayloadAsync());
    }

    [SkippableFact]
    public async Task Messages_for_a_guest_that_does_not_read_are_refused_when_its_queue_is_full()
    {
        await using var runtime = new TestRuntime(Guests.Module("deaf"));
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        string payload = new('m', 60_000);
        int accepted = 0;
        while (await peer.AcceptedAsync(peer.Message(payload)))
        {
            Assert.True(++accepted < 1000);
        }

        Assert.InRange(accepted, 2, 40);
    }

    [SkippableFact]
    public async Task A_guest_that_floods_an_absent_appd_is_told_and_not_stopped()
    {
        await using var runtime = new TestRuntime(Guests.Module("sends_flood"));
        await runtime.BeReadyAsync();
        using (TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath))
        {
            Assert.True(await peer.AcceptedAsync(peer.Message("request 200")));
        }

        string log = await runtime.OutputAsync("taken ", error: true);
        Assert.Matches("taken [0-9]+ full [1-9][0-9]* other 0", log);
    }

    [SkippableFact]
    public async Task Notifications_that_did_not_fit_are_counted_to_the_guest()
    {
        await using var runtime = new TestRuntime(Guests.Module("sends_flood"));
        await runtime.BeReadyAsync();
        using (TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath))
        {
            Assert.True(await peer.AcceptedAsync(peer.Message("notify 200")));
        }

        await runtime.OutputAsync("dropped ", error: true);
    }

    [SkippableFact]
    public async Task Output_that_nobody_reads_stops_nobody()
    {
        await using var runtime = new TestRuntime(Guests.Module("floods_output"), "none");
        await runtime.BeReadyAsync();
        Assert.StartsWith("y", (await runtime.OutputAsync("y\ny")).TrimStart('\n'), StringComparison.Ordinal);
        runtime.Terminate();
        Assert.Equal(143, (await runtime.ExitAsync()).Code);
    }

    [SkippableFact]
    public async Task A_guest_that_closed_its_streams_still_ends()
    {
        await using var runtime = new TestRuntime(Guests.Module("closes_stdio"));
        await runtime.BeReadyAsync();
        runtime.Terminate();
        await Task.Delay(50); // a second signal merges with the first while that one waits
        runtime.Terminate();
        Assert.Equal(143, (await runtime.ExitAsync()).Code);
    }

    [SkippableFact]
    public async Task Closing_reaches_the_guest_with_its_grace()
    {
        string folder = Directory.CreateTempSubdirectory("weft-data-").FullName;
        try
        {
            await using var runtime = new TestRuntime(Guests.Module("answers_closing"), options: ["--preopen", $"{folder}::/data::rw"]);
            await runtime.BeReadyAsync();
            using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
            peer.Say("closing", ("grace_ms", 4321));
            Assert.Equal(0, (await runtime.ExitAsync()).Code);
            Assert.Equal("4321", File.ReadAllText(Path.Combine(folder, "closed")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public async Task A_folder_for_reading_only_is_that()
    {
        string folder = Directory.CreateTempSubdirectory("weft-data-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "a"), "text");
            await using var runtime = new TestRuntime(Guests.Module("reads_only"), options: ["--preopen", $"{folder}::/data::ro"]);
            await runtime.BeReadyAsync();
            using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
            peer.Message("/data/a");
            Assert.Equal("read yes write no make no remove no folder no", await peer.PayloadAsync());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public async Task The_guest_sees_only_what_it_was_given()
    {
        await using var runtime = new TestRuntime(Guests.Module("tells_world"), options: ["--env", "COLOUR=blue"], arguments: ["one", "two"]);
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        peer.Message("?");
        string world = await peer.PayloadAsync();
        Assert.StartsWith("arg one\narg two\nenv COLOUR=blue\nfd 0\nfd 1\nfd 2\nopen ", world, StringComparison.Ordinal);
        Assert.DoesNotContain("opened", world, StringComparison.Ordinal);
    }
}
