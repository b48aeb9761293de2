using Weft.Runtime.Guest;
using Weft.Runtime.Host;
using Weft.Runtime.Wasmtime;
using Xunit;

namespace Runtime.Tests.Host;

public sealed class InboxTests
{
    [Fact]
    public void Messages_come_in_order_and_none_is_null()
    {
        var inbox = new Inbox();
        Assert.True(inbox.TryMessage("a"));
        inbox.Tell(new HostEvent.Closing(5));
        Assert.True(inbox.TryMessage("b"));
        Assert.Equal(new HostEvent.Message("a"), inbox.Take(0));
        Assert.Equal(new HostEvent.Closing(5), inbox.Take(0));
        Assert.Equal(new HostEvent.Message("b"), inbox.Take(0));
        Assert.Null(inbox.Take(0));
    }

    [Fact]
    public void Too_many_messages_are_refused_until_one_is_taken()
    {
        var inbox = new Inbox();
        for (int i = 0; i < GuestPipe.MaximumMessages; i++)
        {
            Assert.True(inbox.TryMessage("x"));
        }

        Assert.False(inbox.TryMessage("x"));
        Assert.NotNull(inbox.Take(0));
        Assert.True(inbox.TryMessage("x"));
    }

    [Fact]
    public async Task Who_waits_is_let_go_by_a_message_and_by_the_end()
    {
        var inbox = new Inbox();
        Task<HostEvent?> waiting = Task.Run(() => inbox.Take(uint.MaxValue));
        Assert.True(inbox.TryMessage("a"));
        Assert.Equal(new HostEvent.Message("a"), await waiting);

        waiting = Task.Run(() => inbox.Take(uint.MaxValue));
        inbox.Interrupt();
        await Assert.ThrowsAsync<GuestInterruptedException>(() => waiting);
    }

    [Fact]
    public void Components_that_cannot_hear_other_events_see_messages_only()
    {
        var inbox = new Inbox();
        inbox.Tell(new HostEvent.Revoked("g"));
        Assert.True(inbox.TryMessage("a"));
        Assert.Equal("a", inbox.TakeMessage());
        Assert.Null(inbox.TakeMessage());
    }
}
