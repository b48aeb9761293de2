using System.Net.WebSockets;
using System.Text;
using Weft.Appd.Control;
using Weft.Appd.Web;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Web;

public sealed class WebSocketDoorTests
{
    public static TheoryData<string, byte[], int> BrokenFrames => new()
    {
        { "an unmasked frame", [0x81, 0x02, (byte)'{', (byte)'}'], 1002 },
        { "a reserved bit", [0xC1, 0x80, 0, 0, 0, 0], 1002 },
        { "an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], 1002 },
        { "a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0], 1002 },
        { "a fragmented ping", [0x09, 0x80, 0, 0, 0, 0], 1002 },
        { "a ping of 126 bytes", [0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002 },
        { "a binary message", [0x82, 0x80, 0, 0, 0, 0], 1003 },
        { "a message of 2^63 bytes", [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009 },
        { "a message of 1 MiB and a byte", [0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0], 1009 },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task A_broken_frame_closes_with_its_code(string what, byte[] frame, int code)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        string answer = await fixture.RawAsync(
            $"GET /appd HTTP/1.1\r\nHost: localhost:{fixture.Port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n" + Encoding.Latin1.GetString(frame),
            toTheEnd: true);
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("deflate", answer, StringComparison.Ordinal);
        string frames = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.True(frames.Length >= 4 && frames[0] == 0x88, what);
        Assert.Equal(code, (frames[2] << 8) | frames[3]);
    }

    [Fact]
    public async Task Without_HELLO_in_time_the_connection_is_closed_1008()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { HelloDeadline = TimeSpan.FromMilliseconds(50) });
        using WebSocketClient client = await fixture.ConnectAsync();
        Assert.Equal(1008, await client.CloseCodeAsync());
    }

    [Theory]
    [InlineData("{\"type\":\"HELLO\",\"role\":\"system\",\"token\":\"00000000000000000000000000000000\"}", 401)]
    [InlineData("{\"type\":\"HELLO\",\"role\":\"system\"}", 401)]
    [InlineData("{\"type\":\"HELLO\",\"role\":\"king\"}", 400)]
    [InlineData("{\"type\":\"HELLO\"}", 400)]
    [InlineData("{\"type\":\"HELLO\",\"role\":\"app\",\"session_id\":1,\"token\":\"x\"}", 401)]
    [InlineData("{\"type\":\"STATUS\"}", 401)]
    [InlineData("{\"type\":", 400)]
    [InlineData("[]", 400)]
    [InlineData("", 400)]
    public async Task A_bad_first_message_is_answered_and_closed_1008(string text, int code)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        using WebSocketClient client = await fixture.ConnectAsync();
        await client.SendTextAsync(text);
        Assert.Equal(code, (await client.ReceiveAsync<ErrorReply>()).Code);
        Assert.Equal(1008, await client.CloseCodeAsync());
    }

    [Theory]
    [InlineData("{\"type\":\"NO_SUCH\",\"seq\":4}", 400)]
    [InlineData("{\"type\":\"ATTACH\",\"seq\":4}", 400)]
    [InlineData("{\"type\":\"QUERY_APP_STATE\",\"session_id\":-1,\"seq\":4}", 400)]
    [InlineData("{\"type\":\"QUERY_APP_STATE\",\"session_id\":9007199254740992,\"seq\":4}", 400)]
    [InlineData("{\"type\":\"QUERY_APP_STATE\",\"session_id\":1.5,\"seq\":4}", 400)]
    [InlineData("{\"type\":\"INSTALL\",\"ref\":\"/a\",\"seq\":4}", 403)]
    [InlineData("{\"type\":\"SET_SETTING\",\"key\":\"engine.library\",\"value\":\"/x\",\"seq\":4}", 403)]
    [InlineData("{\"type\":\"APP_MESSAGE\",\"payload\":\"x\",\"seq\":4}", 403)]
    [InlineData("{\"type\":\"HELLO\",\"role\":\"system\",\"seq\":4}", 409)]
    public async Task A_bad_request_is_answered_and_the_connection_stays(string text, int code)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            await client.SendTextAsync(text);
            ReceivedReply? error = await client.TryReceiveAsync();
            Assert.Equal(code, ((ErrorReply)error!.Reply!).Code);
            Assert.Equal(4UL, error.Re);
            await client.SendTextAsync("{]");
            Assert.Equal(400, (await client.ReceiveAsync<ErrorReply>()).Code);
            await client.AskAsync<RunningApps>(new QueryRunning());
        }
    }

    [Fact]
    public async Task A_fragmented_message_with_a_ping_inside_is_one_message()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        using WebSocketClient client = await fixture.ConnectAsync();
        byte[] hello = ControlCodec.Encode(new Hello { Role = ClientRole.System, Token = fixture.SystemToken }, ControlEncoding.Json, 1);
        await client.Socket.SendAsync(hello.AsMemory(0, 10), WebSocketMessageType.Text, endOfMessage: false, default);
        await client.Socket.SendAsync(hello.AsMemory(10, 1), WebSocketMessageType.Text, endOfMessage: false, default);
        await client.Socket.SendAsync(hello.AsMemory(11), WebSocketMessageType.Text, endOfMessage: true, default);
        await client.ReceiveAsync<Welcome>();
        string large = new('x', 60_000);
        await client.SendAsync(new IpcForward { SessionId = new SessionId(1), Payload = large });
        await client.ReceiveAsync<AppState>();
        Assert.Equal(large, fixture.Sessions.Forwarded.Single());
    }

    [Fact]
    public async Task WELCOME_is_a_cut_and_every_session_is_seen_in_order_once()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (WebSocketClient client, Welcome welcome) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            Assert.Empty(welcome.Sessions!);
            LaunchAck ack = await fixture.Sessions.LaunchAsync(new LaunchApp { AppId = "a.b.c" }, null, default);
            fixture.Sessions.Ready(ack.SessionId);
            await fixture.Sessions.TerminateAsync(ack.SessionId, false, null, default);
            var seen = new List<string>();
            for (int i = 0; i < 5; i++)
            {
                seen.Add((await client.TryReceiveAsync())!.Type);
            }

            Assert.Equal(["LAUNCH_ACK", "APP_STATE", "APP_READY", "APP_STATE", "APP_STATE"], seen);
        }
    }

    [Fact]
    public async Task An_observer_changes_nothing_and_sees_no_secret()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        await fixture.OpenPageAsync("<p>");
        string token = fixture.Server.Credentials.Mint(ClientRole.Observer, null, once: false).Token;
        using (WebSocketClient refused = await fixture.ConnectAsync())
        {
            Assert.Equal(401, (await refused.AskAsync<ErrorReply>(new Hello { Role = ClientRole.System, Token = token })).Code);
        }

        (WebSocketClient client, Welcome welcome) = await fixture.SignInAsync(ClientRole.Observer, token);
        using (client)
        {
            Assert.Null(welcome.Sessions!.Single().UiUrl);
            Assert.Equal(403, (await client.AskAsync<ErrorReply>(new MintToken { Role = ClientRole.System })).Code);
            Assert.Equal(403, (await client.AskAsync<ErrorReply>(new TerminateApp { SessionId = new SessionId(1) })).Code);
            Assert.Equal(403, (await client.AskAsync<ErrorReply>(new ReadLog { SessionId = new SessionId(1) })).Code);
            await client.AskAsync<StatusReply>(new Status());
        }
    }

    [Fact]
    public async Task Revoking_ends_credentials_and_their_connections_but_not_the_system_token()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        string credential = fixture.Server.Credentials.Mint(ClientRole.System, null, once: false).Token;
        string code = fixture.Server.Credentials.Mint(ClientRole.System, null, once: true).Token;
        (WebSocketClient used, _) = await fixture.SignInAsync(ClientRole.System, credential);
        (WebSocketClient system, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (used)
        using (system)
        {
            await system.AskAsync<Ok>(new RevokeTokens());
            Assert.Equal(1008, await used.CloseCodeAsync());
            await system.AskAsync<RunningApps>(new QueryRunning());
            Assert.Null(fixture.Server.Credentials.Check(credential));
            Assert.Null(fixture.Server.Credentials.Redeem(code));
        }
    }

    [Fact]
    public async Task Credentials_the_system_token_and_the_port_outlive_a_restart()
    {
        await using WebFixture first = await WebFixture.StartAsync();
        string credential = first.Server.Credentials.Mint(ClientRole.System, null, once: false).Token;
        string forged = credential[..^4] + "AAAA";
        (string token, int port) = (first.SystemToken, first.Port);
        await first.StopAsync();

        // A crash leaves the port's file behind.
        await File.WriteAllTextAsync(Path.Combine(first.Folder, "appd.wsport"), $"{port}\n");
        WebFixture second = await WebFixture.StartAsync(folder: first.Folder);
        Assert.Equal(port, second.Port);
        Assert.Equal(token, second.SystemToken);
        Assert.Equal(ClientRole.System, second.Server.Credentials.Check(credential)!.Value.Role);
        Assert.Null(second.Server.Credentials.Check(forged));
        await second.StopAsync();
    }

    [Fact]
    public async Task The_last_place_is_kept_for_the_system_UI()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { WebSocketConnections = 3 });
        using WebSocketClient one = await fixture.ConnectAsync();
        using WebSocketClient two = await fixture.ConnectAsync();
        WebSocketException full = await Assert.ThrowsAsync<WebSocketException>(() => fixture.ConnectAsync());
        Assert.Contains("503", full.Message, StringComparison.Ordinal);
        using WebSocketClient ui = await fixture.ConnectAsync(fixture.Origin);
        await Assert.ThrowsAsync<WebSocketException>(() => fixture.ConnectAsync(fixture.Origin));
        one.Dispose();
        while (fixture.Server.Connections > 2)
        {
            await Task.Yield();
        }

        using WebSocketClient again = await fixture.ConnectAsync(fixture.Origin);
    }

    [Fact]
    public async Task The_system_UI_takes_no_place_of_the_others()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { WebSocketConnections = 3 });
        using WebSocketClient ui = await fixture.ConnectAsync(fixture.Origin);
        using WebSocketClient one = await fixture.ConnectAsync();
        using WebSocketClient two = await fixture.ConnectAsync();
        await Assert.ThrowsAsync<WebSocketException>(() => fixture.ConnectAsync());
    }

    [Fact]
    public async Task Who_is_refused_takes_no_place_from_the_system_UI()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { WebSocketConnections = 2 });
        using WebSocketClient one = await fixture.ConnectAsync();
        using var over = new CancellationTokenSource();
        Task[] refused = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await Assert.ThrowsAsync<WebSocketException>(() => fixture.ConnectAsync());
            }
        }))];
        for (int i = 0; i < 200; i++)
        {
            using (await fixture.ConnectAsync(fixture.Origin))
            {
            }

            while (fixture.Server.Connections > 1)
            {
                await Task.Yield();
            }
        }

        await over.CancelAsync();
        await Task.WhenAll(refused);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_dropped_and_finds_everything_again()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { QueuedMessages = 64 });
        (WebSocketClient deaf, Welcome welcome) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        (WebSocketClient other, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (deaf)
        using (other)
        {
            string payload = new('x', 60_000);
            for (int i = 0; i < 400; i++)
            {
                lock (fixture.Announcements.Gate)
                {
                    fixture.Announcements.Publish(new IpcMessage { SessionId = new SessionId(1), Payload = payload });
                }

                await other.ReceiveAsync<IpcMessage>();
            }

            while (fixture.Server.Connections > 1)
            {
                await Task.Yield();
            }

            await fixture.Sessions.LaunchAsync(new LaunchApp { AppId = "a.b.c" }, null, default);
            using WebSocketClient back = await fixture.ConnectAsync();
            Welcome again = await back.AskAsync<Welcome>(new Hello { Role = ClientRole.System, Token = fixture.SystemToken, ResumeKey = welcome.ResumeKey });
            Assert.Equal(welcome.ClientId, again.ClientId);
            Assert.Single(again.Sessions!);
        }
    }

    [Fact]
    public async Task A_client_that_answers_no_ping_is_dropped()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { PingInterval = TimeSpan.FromMilliseconds(50) });

        // .NET's client answers pings only while somebody receives.
        (WebSocketClient silent, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (silent)
        {
            while (fixture.Server.Connections > 0)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Who_must_wait_for_an_earlier_request_is_not_dropped_for_a_pong_that_is_not_read()
    {
        TimeSpan interval = TimeSpan.FromMilliseconds(300);
        await using WebFixture fixture = await WebFixture.StartAsync(new ControlLimits { PingInterval = interval, RequestsInFlight = 1 });
        var earlier = new TaskCompletionSource();
        fixture.Sessions.Forwarding = () => earlier.Task;
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            await client.SendAsync(new IpcForward { SessionId = new SessionId(1), Payload = "x" }, 1);
            await client.SendAsync(new QueryRunning(), 2);
            Task<ReceivedReply?> answer = client.TryReceiveAsync();
            await Task.Delay(5 * interval); // the span that is looked at: a ping or two would have ended it
            earlier.SetResult();
            Assert.Equal(1UL, (await answer)?.Re);
            Assert.Equal(2UL, (await client.TryReceiveAsync())?.Re);
        }
    }

    [Fact]
    public async Task Stopping_closes_WebSockets_with_1012()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            Task stop = fixture.StopAsync();
            Assert.Equal(1012, await client.CloseCodeAsync());
            await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
            await stop;
        }
    }
}
