using Weft.Appd.Control;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Control;

/// <summary>So many connections that two threads tell them: each hears all of it, once, in order.</summary>
public sealed class BroadcastTests
{
    private const int Clients = 60;
    private static readonly SessionId Session = new(7);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Many_clients_hear_everything_in_one_order_from_two_publishers()
    {
        const int Each = 2_000;
        Announcements announcements = new();
        List<Hearer> hearers = [.. Enumerable.Range(0, Clients).Select(_ => new Hearer(announcements))];
        int told = 0;
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                lock (announcements.Gate)
                {
                    announcements.Publish(new NavigationGesture { GestureType = 1, Fingers = 3, Dx = told++, Dy = 0 });
                }
            }
        })));

        foreach (Hearer hearer in hearers)
        {
            List<double> heard = [.. hearer.Take().Select(received => ((NavigationGesture)received.Reply!).Dx)];
            Assert.Equal(Enumerable.Range(0, 2 * Each).Select(i => (double)i), heard);
        }
    }

    [SkippableFact]
    public async Task A_broadcast_is_over_when_the_second_thread_is_done_too()
    {
        Skip.If(Environment.ProcessorCount == 1, "one processor: there is no second thread");
        Announcements announcements = new();
        using ManualResetEventSlim came = new(), goOn = new();
        int publisher = 0, sent = 0;
        int Send(ReadOnlySpan<byte> bytes)
        {
            if (Environment.CurrentManagedThreadId != publisher)
            {
                came.Set();
                Assert.True(goOn.Wait(Patience));
            }

            Assert.True(came.Wait(Patience));
            Interlocked.Increment(ref sent);
            return bytes.Length;
        }

        for (int i = 0; i < Clients; i++)
        {
            _ = new Hearer(announcements, send: Send);
        }

        Task publishing = Task.Run(() =>
        {
            publisher = Environment.CurrentManagedThreadId;
            lock (announcements.Gate)
            {
                announcements.Publish(new NavigationGesture { GestureType = 1, Fingers = 3, Dx = 0, Dy = 0 });
            }
        });
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref sent) == Clients - 1, Patience));
        Assert.NotSame(publishing, await Task.WhenAny(publishing, Task.Delay(TimeSpan.FromMilliseconds(200))));
        goOn.Set();
        await publishing.WaitAsync(Patience);
        Assert.Equal(Clients, sent);
    }

    [Fact]
    public void The_launcher_among_many_hears_its_reply_first()
    {
        Announcements announcements = new();
        List<Hearer> hearers = [.. Enumerable.Range(0, Clients).Select(_ => new Hearer(announcements))];
        Hearer launcher = hearers[Clients / 2];
        LaunchAck ack = new() { SessionId = Session, AppId = "a.b.c" };
        lock (announcements.Gate)
        {
            announcements.Publish(ack, launcher.Subscriber.Requester);
            announcements.Publish(new AppReady { SessionId = Session, AppId = "a.b.c" });
            launcher.Subscriber.Reply(ack, re: 3);
        }

        Assert.All(hearers, hearer =>
        {
            List<ReceivedReply> heard = hearer.Take();
            Assert.Equal(["LAUNCH_ACK", "APP_READY"], heard.Select(received => received.Type));
            Assert.Equal(hearer == launcher ? 3UL : null, heard[0].Re);
        });
    }

    [Fact]
    public void What_a_guest_says_reaches_its_page_among_many_and_is_kept_where_there_is_none()
    {
        Announcements announcements = new();
        List<string> kept = [];
        announcements.Unheard = (_, message) => kept.Add(message.Payload);
        List<Hearer> hearers = [.. Enumerable.Range(0, Clients).Select(i => new Hearer(announcements, page: i == Clients - 1 ? Session : null))];
        lock (announcements.Gate)
        {
            announcements.Publish(new IpcMessage { SessionId = Session, Payload = "to the page" });
            announcements.Publish(new IpcMessage { SessionId = new SessionId(8), Payload = "to nobody" });
        }

        Assert.Equal(["APP_MESSAGE"], hearers[^1].Take().Select(received => received.Type));
        Assert.All(hearers[..^1], hearer => Assert.Equal(["IPC_MESSAGE", "IPC_MESSAGE"], hearer.Take().Select(received => received.Type)));
        Assert.Equal(["to nobody"], kept);
    }

    /// <summary>A client whose queue nobody writes.</summary>
    private sealed class Hearer
    {
        private readonly Outbox _outbox;

        public Hearer(Announcements announcements, SessionId? page = null, Outbox.SendNow? send = null)
        {
            _outbox = new Outbox(new ControlLimits { QueuedMessages = 10_000 }, send);
            Requester requester = new()
            {
                Client = ClientId.Of(ClientId.NewResumeKey()),
                Name = "a hearer",
                Role = page is null ? ClientRole.System : ClientRole.App,
                IsLocal = true,
                Page = page,
            };
            Subscriber = new Subscriber(requester, ControlEncoding.Json, _outbox, reason => Assert.Fail(reason), _ => { });
            announcements.Add(Subscriber);
            Subscriber.Listen(events: null);
        }

        public Subscriber Subscriber { get; }

        /// <summary>What waits for it, taken out.</summary>
        public List<ReceivedReply> Take()
        {
            List<ReceivedReply> taken = [];
            while (_outbox.TryTake(out ReadOnlyMemory<byte> frame))
            {
                ReadOnlySpan<byte> text = frame.Span[frame.Span.IndexOf((byte)'{')..];
                taken.Add(ControlCodec.ReadReply(text, ControlEncoding.Json));
            }

            return taken;
        }
    }
}
