using Weft.Appd.Notifications;
using Weft.Appd.Tests.Control;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Notifications;

public sealed class NotificationCenterTests
{
    [Fact]
    public async Task What_one_client_dismisses_is_gone_for_all()
    {
        await using var fixture = new ControlFixture();
        using SocketClient one = await fixture.ConnectAsync(), other = await fixture.ConnectAsync();
        foreach (SocketClient client in (SocketClient[])[one, other])
        {
            await client.AskAsync<Subscribed>(new Subscribe { Events = ["NOTIFICATION_DISMISSED"] });
        }

        ulong id = fixture.Notifications.Post(null, "title", "body", null);
        await one.SendAsync(new Dismiss { NotificationId = id }, 7);
        Assert.Equal(id, (await one.ReceiveAsync<NotificationDismissed>()).NotificationId);
        Assert.Equal(7UL, (await one.ReceiveAsync()).Re);
        ReceivedReply heard = await other.ReceiveAsync();
        Assert.Equal(id, ((NotificationDismissed)heard.Reply!).NotificationId);
        Assert.Null(heard.Re);
        Assert.Empty((await other.AskAsync<Welcome>(new Hello())).Notifications!);

        // Of two who dismiss the same one the second is told, and nobody hears of it twice.
        Assert.Equal(404, (await other.AskAsync<ErrorReply>(new Dismiss { NotificationId = id })).Code);
        await one.AskAsync<RunningApps>(new QueryRunning());
    }

    [Fact]
    public async Task What_newer_ones_push_out_is_told_like_what_was_dismissed()
    {
        await using var fixture = new ControlFixture();
        using SocketClient client = await fixture.ConnectAsync();
        await client.AskAsync<Subscribed>(new Subscribe { Events = ["NOTIFICATION_DISMISSED"] });
        ulong first = fixture.Notifications.Post(null, "the system's", "", null);
        ulong own = fixture.Notifications.Post(new SessionId(1), "0", "", null);
        for (int i = 1; i <= NotificationCenter.KeptOfOneSession; i++)
        {
            fixture.Notifications.Post(new SessionId(1), $"{i}", "", null);
        }

        Assert.Equal(own, (await client.ReceiveAsync<NotificationDismissed>()).NotificationId);
        for (int i = 0; i < NotificationCenter.Kept - NotificationCenter.KeptOfOneSession; i++)
        {
            fixture.Notifications.Post(null, $"{i}", "", null);
        }

        Assert.Equal(first, (await client.ReceiveAsync<NotificationDismissed>()).NotificationId);
    }
}
