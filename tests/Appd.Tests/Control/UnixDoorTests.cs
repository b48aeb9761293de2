using System.Diagnostics;
using System.Net.Sockets;
using Weft.Appd.Control;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Control;

public sealed class UnixDoorTests
{
    public static TheoryData<string, byte[], int, bool> Malformed => new()
    {
        // what, bytes, code of the answer, whether the connection stays
        { "a length of 4 GiB and no body", [0xff, 0xff, 0xff, 0xff], 413, false },
        { "a length one over the limit", [0x01, 0x00, 0x40, 0x00], 413, false },
        { "an empty frame", [0, 0, 0, 0], 400, true },
        { "a frame of a number", Frame(0x01), 400, true },
        { "a frame of nil", Frame(0xc0), 400, true },
        { "an empty map", Frame(0x80), 400, true },
        { "an empty array", Frame(0x90), 400, true },
        { "the byte that MessagePack never uses", Frame(0xc1), 400, true },
        { "a map that ends early", Frame(0x82, 0xa4, (byte)'t'), 400, true },
        { "bytes after the map", Frame([0x81, 0xa4, .. "type"u8, 0xa6, .. "STATUS"u8, 0x00]), 400, true },
        { "an extension", Frame(0xd4, 0x01, 0x00), 400, true },
        { "a string of 4 GiB", Frame(0xdb, 0xff, 0xff, 0xff, 0xff), 400, true },
        { "an array of 4 G elements", Frame(0xdd, 0xff, 0xff, 0xff, 0xff), 400, true },
        { "100,000 nested arrays", Frame([.. Enumerable.Repeat((byte)0x91, 100_000)]), 400, true },
        { "type is a number", Frame([0x81, 0xa4, .. "type"u8, 0x07]), 400, true },
        { "an unknown type", Frame([0x81, 0xa4, .. "type"u8, 0xa3, .. "WHO"u8]), 400, true },
        { "a type of a later version", Frame([0x81, 0xa4, .. "type"u8, 0xa6, .. "ATTACH"u8]), 400, true },
        { "a reply's type", Frame([0x81, 0xa4, .. "type"u8, 0xa2, .. "OK"u8]), 400, true },
        { "a missing field", Frame([0x81, 0xa4, .. "type"u8, 0xaa, .. "LAUNCH_APP"u8]), 400, true },
        { "a negative session id", Frame([0x92, 0xaf, .. "QUERY_APP_STATE"u8, 0xff]), 400, true },
        { "a session id as text", Frame([0x92, 0xaf, .. "QUERY_APP_STATE"u8, 0xa1, (byte)'1']), 400, true },
        { "a session id of 2^53", Frame([0x92, 0xaf, .. "QUERY_APP_STATE"u8, 0xcf, 0x00, 0x20, 0, 0, 0, 0, 0, 0]), 400, true },
        { "text that is not UTF-8", Frame([0x92, 0xaa, .. "LAUNCH_APP"u8, 0xa2, 0xff, 0xfe]), 400, true },
        { "a page's message on this socket", Frame([0x82, 0xa4, .. "type"u8, 0xab, .. "APP_MESSAGE"u8, 0xa7, .. "payload"u8, 0xa1, (byte)'x']), 403, true },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_input_is_answered_within_a_second_and_harms_nobody(string what, byte[] bytes, int code, bool stays)
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        long begun = Stopwatch.GetTimestamp();
        await client.SendRawAsync(bytes);
        ErrorReply error = await client.ReceiveAsync<ErrorReply>();
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1), what);
        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Message);
        if (stays)
        {
            await client.AskAsync<RunningApps>(new QueryRunning());
        }
        else
        {
            Assert.Null(await client.TryReceiveAsync());
        }

        using SocketClient other = await fixture.ConnectAsync();
        await other.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task A_frame_that_is_cut_off_is_answered_400_and_closed()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.SendRawAsync(new byte[] { 10, 0, 0, 0, 0x81 });
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(400, (await client.ReceiveAsync<ErrorReply>()).Code);
        Assert.Null(await client.TryReceiveAsync());
    }

    [Fact]
    public async Task A_peer_that_writes_a_whole_oversized_frame_still_reads_the_413()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        byte[] huge = new byte[5 * 1024 * 1024];
        BitConverter.TryWriteBytes(huge, huge.Length - 4);
        try
        {
            await client.SendRawAsync(huge);
        }
        catch (SocketException)
        {
            // The daemon may close before all is written; the answer is there all the same.
        }

        Assert.Equal(413, (await client.ReceiveAsync<ErrorReply>()).Code);
    }

    [Fact]
    public async Task Frames_are_read_byte_by_byte_and_two_at_a_time()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        byte[] two = [.. Frames.Encode(new QueryRunning(), 1), .. Frames.Encode(new QueryRunning(), 2)];
        await client.SendRawAsync(two);
        Assert.Equal(1UL, (await client.ReceiveAsync()).Re);
        Assert.Equal(2UL, (await client.ReceiveAsync()).Re);
        foreach (byte one in two)
        {
            await client.SendRawAsync(new[] { one });
        }

        Assert.Equal(1UL, (await client.ReceiveAsync()).Re);
        Assert.Equal(2UL, (await client.ReceiveAsync()).Re);
    }

    [Fact]
    public async Task Half_a_frame_is_waited_for_in_vain_only_so_long_and_an_idle_connection_for_ever()
    {
        await using var fixture = new ControlFixture(new ControlLimits { FrameDeadline = TimeSpan.FromMilliseconds(50) });
        using SocketClient idle = await fixture.ConnectAsync(), slow = await fixture.ConnectAsync();
        await idle.AskAsync<RunningApps>(new QueryRunning());
        await slow.AskAsync<RunningApps>(new QueryRunning());
        await slow.SendRawAsync(Frame(0x81).AsMemory(0, 3));
        Assert.Equal(400, (await slow.ReceiveAsync<ErrorReply>()).Code);
        Assert.Null(await slow.TryReceiveAsync());
        await idle.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task A_peer_that_is_part_of_a_session_is_closed_without_an_answer()
    {
        await using var fixture = new ControlFixture();
        fixture.Sessions.IsOwned = pid => pid == Environment.ProcessId;
        using SocketClient client = await fixture.ConnectAsync();
        Assert.Null(await client.TryReceiveAsync());
        Assert.Equal(0, fixture.Server.Connections);
    }

    [Fact]
    public async Task A_peer_of_another_user_is_refused()
    {
        await using var fixture = new ControlFixture();
        using var listener = Weft.Linux.UnixSockets.Listen(fixture.SocketPath + "2");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(fixture.SocketPath + "2"));
        using Socket accepted = await listener.AcceptAsync();
        string? refusal = new PeerCheck(ControlFixture.Uid, _ => false).Refusal(accepted);
        Assert.Null(refusal);
        if (ControlFixture.Uid != 0)
        {
            Assert.Contains("uid", new PeerCheck(ControlFixture.Uid + 1, _ => false).Refusal(accepted), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_connection_too_many_is_answered_429_and_a_free_place_is_taken()
    {
        await using var fixture = new ControlFixture(new ControlLimits { UnixConnections = 2 });
        using SocketClient first = await fixture.ConnectAsync();
        await first.AskAsync<RunningApps>(new QueryRunning());
        using (SocketClient second = await fixture.ConnectAsync())
        {
            await second.AskAsync<RunningApps>(new QueryRunning());
            using SocketClient third = await fixture.ConnectAsync();
            Assert.Equal(429, (await third.ReceiveAsync<ErrorReply>()).Code);
        }

        while (fixture.Server.Connections > 1)
        {
            await Task.Yield();
        }

        using SocketClient fourth = await fixture.ConnectAsync();
        await fourth.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task A_client_that_asks_and_never_reads_costs_a_bounded_queue()
    {
        await using var fixture = new ControlFixture(new ControlLimits { QueuedMessages = 40 });
        using SocketClient client = await fixture.ConnectAsync();
        byte[] many = [.. Enumerable.Repeat(Frames.Encode(new Status()), 50).SelectMany(bytes => bytes)];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        long sent = 0;
        try
        {
            while (sent < 64 * 1024 * 1024)
            {
                sent += await client.Socket.SendAsync(many, deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon stopped reading, which is what must follow.
        }

        Assert.InRange(sent, 1, 8 * 1024 * 1024);
        using SocketClient other = await fixture.ConnectAsync();
        await other.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task Stopping_writes_what_is_queued_and_removes_the_socket()
    {
        var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Subscribed>(new Subscribe());
        fixture.Publish(new AppReady { SessionId = new SessionId(1), AppId = "a.b.c" });
        await fixture.Server.StopAsync();
        await client.ReceiveAsync<AppReady>();
        Assert.Null(await client.TryReceiveAsync());
        Assert.False(File.Exists(fixture.SocketPath));
        await fixture.Server.Ended;
    }

    private static byte[] Frame(params byte[] body) => [.. BitConverter.GetBytes(body.Length), .. body];
}
