using Weft.Appd.Control;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Control;

public sealed class SubscriptionTests
{
    [Fact]
    public async Task The_launcher_sees_its_reply_before_anything_of_the_session()
    {
        await using var fixture = new ControlFixture();
        var gate = new TaskCompletionSource();
        fixture.Sessions.Forwarding = () => gate.Task;
        fixture.Sessions.AfterLaunch = id =>
        {
            fixture.Sessions.Ready(id);
            return Task.CompletedTask;
        };
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Subscribed>(new Subscribe());

        // An earlier request still waits, so the reply to the launch cannot be queued when its broadcasts come.
        await client.SendAsync(new IpcForward { SessionId = new SessionId(99), Payload = "slow" }, 1);
        await client.SendAsync(new LaunchApp { AppId = "a.b.c" }, 2);
        using SocketClient other = await fixture.ConnectAsync();
        while ((await other.AskAsync<RunningApps>(new QueryRunning())).Sessions.Count == 0)
        {
        }

        gate.SetResult();
        var seen = new List<string>();
        for (int i = 0; i < 5; i++)
        {
            seen.Add((await client.ReceiveAsync()).Type);
        }

        Assert.Equal(["APP_STATE", "LAUNCH_ACK", "APP_STATE", "APP_READY", "APP_STATE"], seen);
    }

    [Fact]
    public async Task Others_hear_LAUNCH_ACK_and_the_launcher_only_its_reply()
    {
        await using var fixture = new ControlFixture();
        using SocketClient launcher = await fixture.ConnectAsync();
        using SocketClient other = await fixture.ConnectAsync();
        await launcher.AskAsync<Subscribed>(new Subscribe());
        await other.AskAsync<Subscribed>(new Subscribe());
        await launcher.SendAsync(new LaunchApp { AppId = "a.b.c" }, 3);

        ReceivedReply reply = await launcher.ReceiveAsync();
        Assert.Equal(("LAUNCH_ACK", 3UL), (reply.Type, reply.Re!.Value));
        Assert.Equal("APP_STATE", (await launcher.ReceiveAsync()).Type);
        ReceivedReply broadcast = await other.ReceiveAsync();
        Assert.Equal(("LAUNCH_ACK", null), (broadcast.Type, broadcast.Re));
        Assert.Equal("APP_STATE", (await other.ReceiveAsync()).Type);
    }

    [Fact]
    public async Task A_snapshot_and_the_broadcasts_after_it_make_one_history_under_load()
    {
        // Room for all of the storm: what is shown here is order, not what becomes of a client that falls behind.
        await using var fixture = new ControlFixture(new ControlLimits { QueuedMessages = 100_000, QueuedBytes = 256 * 1024 * 1024, QueuedBroadcastBytes = 256 * 1024 * 1024 });
        using var stop = new CancellationTokenSource();
        Task storm = Task.Run(async () =>
        {
            for (int i = 0; i < 2000 && !stop.IsCancellationRequested; i++)
            {
                LaunchAck ack = await fixture.Sessions.LaunchAsync(new LaunchApp { AppId = "a.b.c" }, null, default);
                fixture.Sessions.Ready(ack.SessionId);
                await fixture.Sessions.TerminateAsync(ack.SessionId, false, null, default);
            }
        });

        for (int round = 0; round < 20; round++)
        {
            using SocketClient client = await fixture.ConnectAsync();
            Subscribed cut = await client.AskAsync<Subscribed>(new Subscribe());
            var states = cut.Sessions.ToDictionary(session => session.SessionId, session => session.State);
            await client.SendAsync(new Unsubscribe(), 5);
            while (true)
            {
                ReceivedReply received = await client.ReceiveAsync();
                if (received.Re == 5)
                {
                    break;
                }

                Apply(states, received.Reply!);
            }
        }

        await stop.CancelAsync();
        await storm;
    }

    [Fact]
    public async Task Only_the_named_events_are_heard_and_a_new_subscription_replaces_the_old()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Subscribed>(new Subscribe { Events = ["NAVIGATION_GESTURE"] });
        fixture.Publish(new AppReady { SessionId = new SessionId(1), AppId = "a.b.c" });
        fixture.Publish(new NavigationGesture { GestureType = 1, Fingers = 3, Dx = 0, Dy = 1 });
        await client.ReceiveAsync<NavigationGesture>();
        await client.AskAsync<Subscribed>(new Subscribe { Events = ["APP_READY"] });
        fixture.Publish(new NavigationGesture { GestureType = 1, Fingers = 3, Dx = 0, Dy = 1 });
        fixture.Publish(new AppReady { SessionId = new SessionId(1), AppId = "a.b.c" });
        await client.ReceiveAsync<AppReady>();
        Assert.Equal(400, (await client.AskAsync<ErrorReply>(new Subscribe { Events = ["NO_SUCH"] })).Code);
    }

    [Fact]
    public async Task Nothing_is_broadcast_to_who_did_not_subscribe()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Welcome>(new Hello());
        fixture.Publish(new AppReady { SessionId = new SessionId(1), AppId = "a.b.c" });
        await client.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_dropped_and_the_others_hear_everything()
    {
        await using var fixture = new ControlFixture(new ControlLimits { QueuedMessages = 64 });
        using SocketClient deaf = await fixture.ConnectAsync();
        using SocketClient other = await fixture.ConnectAsync();
        await deaf.AskAsync<Subscribed>(new Subscribe());
        await other.AskAsync<Subscribed>(new Subscribe());
        string payload = new('x', 20_000);
        for (int i = 0; i < 300; i++)
        {
            fixture.Publish(new IpcMessage { SessionId = new SessionId(1), Payload = payload });
            await other.ReceiveAsync<IpcMessage>();
        }

        // What the kernel had taken is still there; then the connection has ended.
        int heard = 0;
        while (await deaf.TryReceiveAsync() is not null)
        {
            heard++;
        }

        Assert.InRange(heard, 1, 299);
        await other.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task An_observer_hears_no_payload_and_sees_no_page_address()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Welcome>(new Hello { Role = ClientRole.Observer });
        await client.AskAsync<Subscribed>(new Subscribe());
        fixture.Publish(new IpcMessage { SessionId = new SessionId(1), Payload = "secret" });
        await fixture.Sessions.LaunchAsync(new LaunchApp { AppId = "a.b.c" }, null, default);
        Assert.Equal("LAUNCH_ACK", (await client.ReceiveAsync()).Type);
        Assert.Equal("APP_STATE", (await client.ReceiveAsync()).Type);
        Assert.Null((await client.AskAsync<RunningApps>(new QueryRunning())).Sessions.Single().UiUrl);
        Assert.Null((await client.AskAsync<SessionDetails>(new QuerySession { SessionId = new SessionId(1) })).UiUrl);
        Assert.Equal(403, (await client.AskAsync<ErrorReply>(new LaunchApp { AppId = "a.b.c" })).Code);
    }

    [Fact]
    public async Task A_client_with_its_resume_key_is_the_same_client_again()
    {
        await using var fixture = new ControlFixture();
        using SocketClient first = await fixture.ConnectAsync();
        Welcome welcome = await first.AskAsync<Welcome>(new Hello { Client = "test" });
        using SocketClient second = await fixture.ConnectAsync();
        Welcome again = await second.AskAsync<Welcome>(new Hello { ResumeKey = welcome.ResumeKey });
        using SocketClient third = await fixture.ConnectAsync();
        Welcome other = await third.AskAsync<Welcome>(new Hello());
        Assert.Equal(welcome.ClientId, again.ClientId);
        Assert.Equal(welcome.ResumeKey, again.ResumeKey);
        Assert.NotEqual(welcome.ClientId, other.ClientId);
        Assert.True(ClientId.IsResumeKey(welcome.ResumeKey!));
        Assert.Equal(400, (await third.AskAsync<ErrorReply>(new Hello { ResumeKey = "guess" })).Code);
    }

    // Every broadcast must fit the state before it: a session is not there before LAUNCH_ACK, and goes through its states.
    private static void Apply(Dictionary<SessionId, SessionState> states, ControlReply message)
    {
        switch (message)
        {
            case LaunchAck ack:
                Assert.True(states.TryAdd(ack.SessionId, SessionState.Starting));
                break;
            case AppReady ready:
                Assert.Equal(SessionState.Starting, states[ready.SessionId]);
                break;
            case AppState { State: SessionState.Stopped } state:
                Assert.True(states.Remove(state.SessionId));
                break;
            case AppState state:
                Assert.True(states.ContainsKey(state.SessionId));
                states[state.SessionId] = state.State;
                break;
        }
    }
}
