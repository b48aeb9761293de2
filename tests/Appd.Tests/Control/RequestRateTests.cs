using Weft.Appd.Control;
using Weft.Appd.Tests.Sessions;
using Weft.Appd.Tests.Web;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Control;

public sealed class RequestRateTests
{
    private static readonly ControlLimits Limits = new() { RequestsPerSecond = 10, RequestBurst = 3, RatePause = TimeSpan.FromMilliseconds(100) };

    private readonly ManualTime _time = new();

    [Fact]
    public void A_burst_is_free_and_then_the_sustained_rate_counts()
    {
        var rate = new RequestRate(Limits, _time);
        Assert.Equal([true, true, true, false, false], Take(rate, 5));

        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal([false], Take(rate, 1));
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal([true, false], Take(rate, 2));

        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal([true, false], Take(rate, 2));
        }
    }

    [Fact]
    public void A_long_rest_saves_no_more_than_a_burst()
    {
        var rate = new RequestRate(Limits, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], Take(rate, 4));
    }

    [Fact]
    public void After_the_pause_there_is_room_again()
    {
        var limits = new ControlLimits();
        var rate = new RequestRate(limits, _time);
        Assert.DoesNotContain(false, Take(rate, limits.RequestBurst));
        Assert.Equal([false], Take(rate, 1));
        _time.Advance(limits.RatePause);
        Assert.Equal([true], Take(rate, 1));
    }

    [Fact]
    public async Task Too_fast_on_the_Unix_socket_is_answered_429_in_order_and_read_on_later()
    {
        await using var fixture = new ControlFixture(Limits, _time);
        using SocketClient client = await fixture.ConnectAsync();
        await client.SendRawAsync(new byte[4]); // an empty frame counts too
        Assert.Equal(400, (await client.ReceiveAsync<ErrorReply>()).Code);
        await TooFastAsync(client.SendAsync, client.TryReceiveAsync, fixture.Sessions);
        using SocketClient other = await fixture.ConnectAsync();
        await other.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task Too_fast_on_the_WebSocket_is_answered_429_in_order_and_read_on_later()
    {
        await using WebFixture fixture = await WebFixture.StartAsync(Limits, time: _time);
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            await client.SendTextAsync("{]"); // a malformed message counts too
            Assert.Equal(400, (await client.ReceiveAsync<ErrorReply>()).Code);
            await TooFastAsync(client.SendAsync, client.TryReceiveAsync, fixture.Sessions);
        }
    }

    /// <summary>One of a burst of three is used: two more are served, the third is not, and what follows waits for the pause to end.</summary>
    private async Task TooFastAsync(Func<ControlRequest, ulong?, Task> send, Func<Task<ReceivedReply?>> receive, ScriptedSessions sessions)
    {
        int timers = _time.Waiting;
        for (ulong seq = 1; seq <= 5; seq++)
        {
            await send(new LaunchApp { AppId = "a.b.c" }, seq);
        }

        Assert.Equal(("LAUNCH_ACK", 1UL), await NextAsync());
        Assert.Equal(("LAUNCH_ACK", 2UL), await NextAsync());
        ReceivedReply refused = await ReplyAsync();
        var error = (ErrorReply)refused.Reply!;
        Assert.Equal((3UL, 429), (refused.Re!.Value, error.Code));
        Assert.Equal("RATE_LIMITED: LAUNCH_APP was not done: this connection asks more than 10 times a second; wait, then send it again; retry_after=100", error.Message);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_time.Waiting == timers)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _time.Advance(Limits.RatePause - TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, sessions.Live().Count);
        Assert.Equal(timers + 1, _time.Waiting);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("LAUNCH_ACK", 4UL), await NextAsync());
        Assert.Equal(3, sessions.Live().Count);

        async Task<(string Type, ulong Re)> NextAsync()
        {
            ReceivedReply reply = await ReplyAsync();
            return (reply.Type, reply.Re!.Value);
        }

        async Task<ReceivedReply> ReplyAsync()
        {
            ReceivedReply? reply;
            do
            {
                reply = await receive();
                Assert.NotNull(reply);
            }
            while (reply.Re is null); // a WebSocket hears broadcasts too
            return reply;
        }
    }

    private static List<bool> Take(RequestRate rate, int count) => [.. Enumerable.Range(0, count).Select(_ => rate.TryTake())];
}
