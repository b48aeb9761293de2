using Weft.Appd.Control;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Control;

public sealed class ReplyOrderTests
{
    [Fact]
    public async Task Replies_keep_the_order_of_requests_whatever_is_done_first()
    {
        await using var fixture = new ControlFixture();
        var gate = new TaskCompletionSource();
        fixture.Sessions.Forwarding = () => gate.Task;
        using SocketClient client = await fixture.ConnectAsync();

        await client.SendAsync(new IpcForward { SessionId = new SessionId(9), Payload = "slow" }, seq: 1);
        await client.SendAsync(new QueryRunning(), seq: 2);
        using SocketClient other = await fixture.ConnectAsync();
        await other.AskAsync<RunningApps>(new QueryRunning());
        gate.SetResult();

        Assert.Equal(1UL, (await client.ReceiveAsync()).Re);
        Assert.Equal(2UL, (await client.ReceiveAsync()).Re);
    }

    [Fact]
    public async Task Answers_that_wait_for_an_earlier_one_count_as_requests_in_work()
    {
        await using var fixture = new ControlFixture(new ControlLimits { RequestsInFlight = 4 });
        var first = new TaskCompletionSource();
        fixture.Sessions.Forwarding = () => fixture.Sessions.Forwarded.Count == 1 ? first.Task : Task.CompletedTask;
        using SocketClient client = await fixture.ConnectAsync(), other = await fixture.ConnectAsync();
        for (ulong seq = 1; seq <= 20; seq++)
        {
            await client.SendAsync(new IpcForward { SessionId = new SessionId(9), Payload = "x" }, seq);
        }

        // Far longer than taking over all of them would need.
        for (int i = 0; i < 200 || fixture.Sessions.Forwarded.Count < 4; i++)
        {
            await other.AskAsync<RunningApps>(new QueryRunning());
        }

        Assert.Equal(4, fixture.Sessions.Forwarded.Count);
        first.SetResult();
        for (ulong seq = 1; seq <= 20; seq++)
        {
            Assert.Equal(seq, (await client.ReceiveAsync()).Re);
        }
    }

    [Fact]
    public async Task Long_work_is_overtaken_and_its_progress_carries_its_number()
    {
        await using var fixture = new ControlFixture();
        var gate = new TaskCompletionSource();
        fixture.Apps.Installing = () => gate.Task;
        using SocketClient client = await fixture.ConnectAsync();

        await client.SendAsync(new Install { Ref = "/a" }, seq: 7);
        ReceivedReply progress = await client.ReceiveAsync();
        Assert.Equal(("PROGRESS", 7UL), (progress.Type, progress.Re!.Value));
        await client.SendAsync(new QueryRunning(), seq: 8);
        Assert.Equal(8UL, (await client.ReceiveAsync()).Re);
        gate.SetResult();
        Assert.Equal("PROGRESS", (await client.ReceiveAsync()).Type);
        ReceivedReply done = await client.ReceiveAsync();
        Assert.Equal(("APPS_CHANGED", 7UL), (done.Type, done.Re!.Value));
    }

    [Fact]
    public async Task A_fifth_long_request_of_a_connection_is_answered_429()
    {
        await using var fixture = new ControlFixture();
        var gate = new TaskCompletionSource();
        fixture.Apps.Installing = () => gate.Task;
        using SocketClient client = await fixture.ConnectAsync();
        for (ulong i = 1; i <= 4; i++)
        {
            await client.SendAsync(new Install { Ref = "/a" }, i);
            Assert.Equal("PROGRESS", (await client.ReceiveAsync()).Type);
        }

        Assert.Equal(429, (await client.AskAsync<ErrorReply>(new Install { Ref = "/a" }, 5)).Code);
        gate.SetResult();
    }

    [Fact]
    public async Task A_failing_handler_is_answered_500_and_the_connection_stays()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        ErrorReply failed = await client.AskAsync<ErrorReply>(new LaunchApp { AppId = "boom.boom.boom" }, 1);
        Assert.Equal((500, "LAUNCH_APP failed: scripted failure"), (failed.Code, failed.Message));
        await client.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task An_answer_that_is_larger_than_a_frame_is_413_and_the_connection_stays()
    {
        await using var fixture = new ControlFixture();
        fixture.Apps.Installed =
        [
            new AppInfo
            {
                AppId = "a.b.c", Name = "C", Version = "1.0.0", Description = new string('x', Frames.MaxLength), Capabilities = [], Single = false,
                Source = AppSource.Directory, Trusted = true, Backends = [],
            },
        ];
        using SocketClient client = await fixture.ConnectAsync();
        ErrorReply refused = await client.AskAsync<ErrorReply>(new QueryInstalledApps(), 1);
        Assert.Equal(413, refused.Code);
        Assert.StartsWith("INSTALLED_APPS has ", refused.Message, StringComparison.Ordinal);
        await client.AskAsync<RunningApps>(new QueryRunning(), 2);
    }

    [Fact]
    public async Task Requests_before_a_half_close_are_still_answered()
    {
        await using var fixture = new ControlFixture();
        var gate = new TaskCompletionSource();
        fixture.Sessions.Forwarding = () => gate.Task;
        using SocketClient client = await fixture.ConnectAsync();
        await client.SendAsync(new IpcForward { SessionId = new SessionId(9), Payload = "last words" }, seq: 1);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        gate.SetResult();
        Assert.Equal(1UL, (await client.ReceiveAsync()).Re);
        Assert.Null(await client.TryReceiveAsync());
    }

    [Fact]
    public async Task A_payload_over_the_limit_is_answered_413()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.SendAsync(new IpcForward { SessionId = new SessionId(9), Payload = new string('é', 32_769) });
        Assert.Equal(413, (await client.ReceiveAsync<ErrorReply>()).Code);
        await client.SendAsync(new IpcForward { SessionId = new SessionId(9), Payload = new string('é', 32_768) });
        await client.ReceiveAsync<AppState>();
    }
}
