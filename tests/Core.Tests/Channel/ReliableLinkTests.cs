using FsCheck;
using Weft.Core.Channel;
using Xunit;

namespace Core.Tests.Channel;

public sealed class ReliableLinkTests
{
    [Fact]
    public async Task What_is_sent_before_there_is_a_peer_reaches_the_first_one()
    {
        var pair = new Pair();
        Task<LinkOutcome> outcome = pair.Runtime.SendAsync(new Ipc { Payload = "early" });
        pair.Connect();
        pair.Drain();

        Assert.Equal(["early"], pair.ToDaemon);
        Assert.Equal(LinkOutcome.Accepted, await outcome);
        Assert.Equal(0, pair.Runtime.KeptBytes);
    }

    [Fact]
    public async Task A_line_whose_acknowledgement_was_lost_is_taken_once()
    {
        var pair = new Pair();
        pair.Connect();
        Task<LinkOutcome> outcome = pair.Runtime.SendAsync(new Ipc { Payload = "x" });
        pair.DeliverToDaemon();
        pair.Connect(); // the ack is lost with the connection
        pair.Drain();

        Assert.Equal(["x"], pair.ToDaemon);
        Assert.Equal(LinkOutcome.Accepted, await outcome);
    }

    [Fact]
    public async Task A_refusal_that_was_lost_with_its_connection_is_told_by_the_next_one()
    {
        var pair = new Pair { RuntimeAccepts = payload => payload != "full" };
        pair.Connect();
        Task<LinkOutcome> first = pair.Daemon.SendAsync(new Message { Payload = "a" });
        Task<LinkOutcome> second = pair.Daemon.SendAsync(new Message { Payload = "full" });
        Task<LinkOutcome> third = pair.Daemon.SendAsync(new Message { Payload = "b" });
        pair.DeliverToRuntime();
        pair.DeliverToRuntime();
        pair.DeliverToRuntime();
        pair.Connect();
        pair.Drain();

        Assert.Equal([LinkOutcome.Accepted, LinkOutcome.Refused, LinkOutcome.Accepted], await Task.WhenAll(first, second, third));
        Assert.Equal(["a", "b"], pair.ToRuntime);
    }

    [Fact]
    public async Task A_successor_that_remembers_nothing_goes_on_where_the_dead_one_stood()
    {
        var pair = new Pair();
        pair.Connect();
        _ = pair.Runtime.SendAsync(new Ipc { Payload = "1" });
        _ = pair.Daemon.SendAsync(new Message { Payload = "a" });
        pair.Drain();
        Task<LinkOutcome> waiting = pair.Runtime.SendAsync(new Ipc { Payload = "2" });

        pair.ReplaceDaemon();
        Task<LinkOutcome> early = pair.Daemon.SendAsync(new Message { Payload = "b" });
        pair.Connect();
        pair.Drain();

        Assert.Equal(["1", "2"], pair.ToDaemon);
        Assert.Equal(["a", "b"], pair.ToRuntime);
        Assert.Equal(LinkOutcome.Accepted, await waiting);
        Assert.Equal(LinkOutcome.Accepted, await early);
    }

    [Fact]
    public void What_does_not_fit_is_an_error_to_the_sender_and_never_a_loss()
    {
        var link = new ReliableLink(keptBytes: 1000);
        _ = link.SendAsync(new Ipc { Payload = new string('x', 400) });

        Assert.Throws<ChannelOverflowException>(() => { _ = link.SendAsync(new Ipc { Payload = new string('y', 400) }); });
        Assert.Throws<ChannelException>(() => { _ = link.SendAsync(new Ipc { Payload = new string('y', ChannelLimits.MaxLine) }); });
    }

    [Fact]
    public async Task At_the_end_everyone_who_waits_is_told()
    {
        var pair = new Pair();
        pair.Connect();
        Task<LinkOutcome> waiting = pair.Daemon.SendAsync(new Message { Payload = "a" });

        pair.Daemon.End();

        Assert.Equal(LinkOutcome.Ended, await waiting);
        Assert.Equal(LinkOutcome.Ended, await pair.Daemon.SendAsync(new Message { Payload = "b" }));
        Assert.Null(await pair.DaemonSide.TakeAsync(default));
    }

    [Fact]
    public async Task A_writer_that_waits_is_woken()
    {
        var pair = new Pair();
        pair.Connect();
        Task<byte[]?> next = pair.DaemonSide.TakeAsync(default).AsTask();
        Assert.False(next.IsCompleted);

        _ = pair.Daemon.SendAsync(new Message { Payload = "a" });

        Assert.Equal("{\"n\":1,\"type\":\"message\",\"payload\":\"a\"}\n"u8.ToArray(), await next);

        LinkConnection old = pair.DaemonSide;
        next = old.TakeAsync(default).AsTask();
        pair.Connect();
        Assert.Null(await next);
    }

    [Theory]
    [InlineData(5, 1, "the peer has taken line 5, and 0 were sent")]
    [InlineData(0, 7, "the peer goes on with line 7, and 1 was the last one taken")]
    [InlineData(0, 0, "next is 0; numbers begin with 1")]
    public void Numbers_that_cannot_be_end_the_connection(ulong taken, ulong next, string message)
    {
        var link = new ReliableLink();
        LinkConnection first = link.Connect(0, 1, null);
        first.Receive(new NumberedLine(1, new Ready()), _ => true);

        Assert.Equal(message, Assert.Throws<ChannelException>(() => link.Connect(taken, next, null)).Message);
    }

    [Fact]
    public void A_line_out_of_order_or_an_ack_of_nothing_ends_the_connection()
    {
        LinkConnection connection = new ReliableLink().Connect(0, 1, null);

        Assert.Equal("line 2 came after line 0", Assert.Throws<ChannelException>(() => connection.Receive(new NumberedLine(2, new Ready()), _ => true)).Message);
        Assert.Equal("line 1 was acknowledged and never sent", Assert.Throws<ChannelException>(() => connection.Receive(new AckLine(1), _ => true)).Message);
    }

    [Fact]
    public void A_peer_that_does_not_read_its_refusals_is_cut_off()
    {
        LinkConnection connection = new ReliableLink().Connect(0, 1, null);

        Assert.Contains("does not read", Assert.Throws<ChannelException>(() =>
        {
            for (ulong n = 1; n < 10_000; n++)
            {
                connection.Receive(new NumberedLine(n, new UnknownMessage("x")), _ => true);
            }
        }).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Sends, deliveries of single lines, acknowledgements and disconnects in any order lose nothing, double nothing, keep
    /// the order, and tell every sender what became of its message.
    /// </summary>
    [Fact]
    public void Random_disconnects_lose_and_double_nothing()
    {
        Configuration configuration = Configuration.QuickThrowOnFailure;
        configuration.MaxNbOfTest = 3000;
        configuration.EndSize = 300;
        Prop.ForAll<byte[], NonNegativeInt>(Exchange).Check(configuration);
    }

    private static void Exchange(byte[] steps, NonNegativeInt refuseEvery)
    {
        int modulus = (refuseEvery.Get % 5) + 2;
        var pair = new Pair { RuntimeAccepts = payload => int.Parse(payload, null) % modulus != 0 };
        List<string> toDaemon = [];
        List<string> toRuntime = [];
        List<(int Payload, Task<LinkOutcome> Outcome)> outcomes = [];
        List<Task<LinkOutcome>> runtimeOutcomes = [];
        int number = 0;
        foreach (byte step in steps)
        {
            switch (step % 8)
            {
                case 0 or 1:
                    toDaemon.Add($"{++number}");
                    runtimeOutcomes.Add(pair.Runtime.SendAsync(new Ipc { Payload = $"{number}" }));
                    break;
                case 2 or 3:
                    number++;
                    if (number % modulus != 0)
                    {
                        toRuntime.Add($"{number}");
                    }

                    outcomes.Add((number, pair.Daemon.SendAsync(new Message { Payload = $"{number}" })));
                    break;
                case 4:
                    pair.DeliverToDaemon();
                    break;
                case 5:
                    pair.DeliverToRuntime();
                    break;
                case 6:
                    pair.Connect();
                    break;
                case 7:
                    pair.WriteAll();
                    break;
            }
        }

        pair.Connect();
        pair.Drain();

        Assert.Equal(toDaemon, pair.ToDaemon);
        Assert.Equal(toRuntime, pair.ToRuntime);
        Assert.All(runtimeOutcomes, outcome => Assert.Equal(LinkOutcome.Accepted, Now(outcome)));
        Assert.All(outcomes, sent => Assert.Equal(sent.Payload % modulus == 0 ? LinkOutcome.Refused : LinkOutcome.Accepted, Now(sent.Outcome)));
        Assert.Equal(0, pair.Runtime.KeptBytes + pair.Daemon.KeptBytes);
    }

    private static LinkOutcome Now(Task<LinkOutcome> outcome)
    {
        Assert.True(outcome.IsCompleted);
        return outcome.GetAwaiter().GetResult();
    }

    /// <summary>appd and a runtime with a wire between them that is cut by every <see cref="Connect"/>; lines cross it as bytes.</summary>
    private sealed class Pair
    {
        private readonly Queue<byte[]> _wireToDaemon = [];
        private readonly Queue<byte[]> _wireToRuntime = [];
        private LinkConnection? _daemonSide;
        private LinkConnection? _runtimeSide;

        public ReliableLink Daemon { get; private set; } = new();

        public ReliableLink Runtime { get; } = new();

        public LinkConnection DaemonSide => _daemonSide!;

        public List<string> ToDaemon { get; } = [];

        public List<string> ToRuntime { get; } = [];

        public Func<string, bool> RuntimeAccepts { get; init; } = _ => true;

        public void ReplaceDaemon()
        {
            Daemon = new ReliableLink();
            _daemonSide = null;
        }

        public void Connect()
        {
            _wireToDaemon.Clear();
            _wireToRuntime.Clear();
            (ulong taken, ulong next, IReadOnlyList<ulong>? refused) = Daemon.Greeting();
            PeerHello hello = ChannelCodec.ReadPeerHello(ChannelCodec.Write(new PeerHello { Token = "t", Taken = taken, Next = next, Refused = refused }).AsSpan()[..^1]);
            _runtimeSide = Runtime.Connect(hello.Taken, hello.Next, hello.Refused);
            (taken, next, refused) = Runtime.Greeting();
            RuntimeHello answer = ChannelCodec.ReadRuntimeHello(ChannelCodec.Write(new RuntimeHello { Taken = taken, Next = next, Refused = refused, Ready = true }).AsSpan()[..^1]);
            _daemonSide = Daemon.Connect(answer.Taken, answer.Next, answer.Refused);
        }

        /// <summary>Both sides write what they have; nobody reads.</summary>
        public void WriteAll()
        {
            while (_daemonSide is not null && _daemonSide.TryTake(out byte[]? line))
            {
                _wireToRuntime.Enqueue(line);
            }

            while (_runtimeSide is not null && _runtimeSide.TryTake(out byte[]? line))
            {
                _wireToDaemon.Enqueue(line);
            }
        }

        public void DeliverToDaemon() => Deliver(_wireToDaemon, _daemonSide, message =>
        {
            ToDaemon.Add(((Ipc)message).Payload);
            return true;
        });

        public void DeliverToRuntime() => Deliver(_wireToRuntime, _runtimeSide, message =>
        {
            string payload = ((Message)message).Payload;
            if (!RuntimeAccepts(payload))
            {
                return false;
            }

            ToRuntime.Add(payload);
            return true;
        });

        public void Drain()
        {
            do
            {
                WriteAll();
                DeliverToDaemon();
                DeliverToRuntime();
                WriteAll();
            }
            while (_wireToDaemon.Count + _wireToRuntime.Count > 0);
        }

        private void Deliver(Queue<byte[]> wire, LinkConnection? to, Func<ChannelMessage, bool> take)
        {
            WriteAll();
            if (to is not null && wire.TryDequeue(out byte[]? line))
            {
                to.Receive(ChannelCodec.ReadLine(line.AsSpan()[..^1]), take);
            }
        }
    }
}
