using Weft.Appd.Control;
using Xunit;

namespace Weft.Appd.Tests.Control;

public sealed class OutboxTests
{
    private readonly List<byte> _sent = [];
    private int _room = int.MaxValue; // bytes that the kernel would take

    private Outbox New(int messages = 8) => new(new ControlLimits { QueuedMessages = messages, QueuedBytes = 1024, QueuedBroadcastBytes = 100 }, Send);

    [Fact]
    public void What_a_client_takes_at_once_never_waits()
    {
        Outbox outbox = New();
        Assert.True(outbox.TryPut(Bytes(1, 2), isReply: false));
        Assert.True(outbox.TryPut(Bytes(3), isReply: false));

        Assert.Equal([1, 2, 3], _sent);
        Assert.Equal(0, outbox.Messages);
        Assert.Equal(0, outbox.Bytes);
        Assert.False(outbox.TryTake(out _));
    }

    [Fact]
    public void The_rest_of_a_message_waits_and_nothing_overtakes_it()
    {
        Outbox outbox = New();
        _room = 1;
        Assert.True(outbox.TryPut(Bytes(1, 2, 3), isReply: false));
        _room = int.MaxValue;
        Assert.True(outbox.TryPut(Bytes(4), isReply: false));
        Assert.Equal([1], _sent);
        Assert.Equal(2, outbox.Messages);

        // The loop holds the last message but has not written it: what comes now still waits behind it.
        Assert.True(outbox.TryTake(out ReadOnlyMemory<byte> rest));
        Assert.Equal([2, 3], rest.ToArray());
        Assert.True(outbox.TryTake(out ReadOnlyMemory<byte> next));
        outbox.Taken(rest.Length);
        Assert.True(outbox.TryPut(Bytes(5), isReply: false));
        Assert.Equal([1], _sent);

        outbox.Taken(next.Length);
        Assert.True(outbox.TryTake(out ReadOnlyMemory<byte> last));
        outbox.Taken(last.Length);
        Assert.Equal([5], last.ToArray());
        Assert.True(outbox.TryPut(Bytes(6), isReply: false));
        Assert.Equal([1, 6], _sent);
    }

    [Fact]
    public void A_client_that_takes_nothing_fills_its_queue_and_no_more()
    {
        Outbox outbox = New(messages: 3);
        _room = 0;
        for (byte i = 0; i < 3; i++)
        {
            Assert.True(outbox.TryPut(Bytes(i), isReply: false));
        }

        Assert.False(outbox.TryPut(Bytes(3), isReply: false));
        Assert.Equal(3, outbox.Messages);
        Assert.Equal(3, outbox.Bytes);
        Assert.Empty(_sent);
    }

    [Fact]
    public void Broadcasts_have_a_smaller_bound_which_replies_do_not_count_towards()
    {
        Outbox outbox = New();
        _room = 0;
        Assert.True(outbox.TryPut(new byte[1000], isReply: true)); // a large reply that drains slowly
        Assert.True(outbox.TryPut(new byte[60], isReply: false));
        Assert.True(outbox.TryPut(new byte[40], isReply: false));
        Assert.False(outbox.TryPut(new byte[1], isReply: false));
        Assert.False(outbox.TryPut(new byte[1], isReply: true));
        Assert.Equal((3, 1100L), (outbox.Messages, outbox.Bytes));

        // What the loop has taken makes room: the reply, and the first broadcast.
        Assert.True(outbox.TryTake(out ReadOnlyMemory<byte> reply));
        outbox.Taken(reply.Length);
        Assert.False(outbox.TryPut(new byte[1], isReply: false));
        Assert.True(outbox.TryTake(out ReadOnlyMemory<byte> broadcast));
        outbox.Taken(broadcast.Length);
        Assert.True(outbox.TryPut(new byte[60], isReply: false));
        Assert.False(outbox.TryPut(new byte[1], isReply: false));
    }

    [Fact]
    public void A_closed_outbox_takes_nothing_and_sends_nothing()
    {
        Outbox outbox = New();
        outbox.Close();
        Assert.False(outbox.TryPut(Bytes(1), isReply: false));
        Assert.Empty(_sent);
    }

    private static byte[] Bytes(params byte[] bytes) => bytes;

    private int Send(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(_room, bytes.Length);
        _sent.AddRange(bytes[..count]);
        return count;
    }
}
