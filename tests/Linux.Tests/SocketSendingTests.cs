using System.Net.Sockets;
using Weft.Linux;
using Xunit;

namespace Linux.Tests;

public sealed class SocketSendingTests
{
    [Fact]
    public void A_full_peer_takes_what_fits_and_nobody_waits()
    {
        (Socket first, Socket second) = Pair();
        using (first)
        using (second)
        {
            byte[] much = new byte[16 << 20];
            int taken = SocketSending.TrySend(first, much);
            Assert.InRange(taken, 1, much.Length - 1);
            Assert.True(SocketSending.TrySend(first, much) < much.Length - taken);
            Assert.Equal(0, SocketSending.TrySend(first, much));
        }
    }

    [Fact]
    public void A_peer_that_is_gone_takes_nothing_and_ends_nobody()
    {
        (Socket first, Socket second) = Pair();
        second.Dispose();
        Assert.Equal(0, SocketSending.TrySend(first, "x"u8));
        first.Dispose();
        Assert.Equal(0, SocketSending.TrySend(first, "x"u8));
    }

    private static (Socket First, Socket Second) Pair()
    {
        (Descriptor first, Descriptor second) = UnixSockets.Pair();
        return (first.ToSocket(), second.ToSocket());
    }
}
