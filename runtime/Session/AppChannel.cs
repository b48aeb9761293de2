using System.Security.Cryptography;
using System.Text;
using Weft.Core.Channel;
using Weft.Linux;
using Weft.Runtime.Host;

namespace Weft.Runtime.Session;

/// <summary>
/// The channel to weft-appd, whichever runs: a listening socket, one peer at a time, a token in its first line. A peer that goes away blocks and
/// ends nothing; what it did not acknowledge is sent to the next one. The methods marked so belong to the session's loop, the others to everyone.
/// </summary>
internal sealed class AppChannel(int listener, string? token, Action wake)
{
    /// <summary>How long a peer has for its first line.</summary>
    private static readonly TimeSpan HelloDeadline = TimeSpan.FromSeconds(5);

    private readonly ReliableLink _link = new();
    private readonly PendingReplies _pending = new();
    private readonly byte[]? _token = token is null ? null : Encoding.UTF8.GetBytes(token);
    private readonly LineBuffer _incoming = new(ChannelLimits.MaxLine);
    private int _peer = -1;                // loop only
    private long _helloDeadline;           // loop only; ticks of Environment.TickCount64
    private LinkConnection? _connection;   // loop writes; null before the hello
    private byte[]? _outgoing;             // loop only; a line that is partly written
    private int _outgoingDone;             // loop only

    /// <summary>What the guest's side says to a message of appd: accepted or not. Set before the loop starts.</summary>
    public Func<ChannelMessage, bool> Deliver { get; set; } = static _ => false;

    /// <summary>What the first answer to a peer says of this session. Set before the loop starts.</summary>
    public Func<(bool Ready, System.Text.Json.JsonElement? Report)> State { get; set; } = static () => (false, null);

    /// <summary>Called when there is room again after a refusal. Set before the loop starts.</summary>
    public Action RoomAgain { get; set; } = static () => { };

    public bool Exists => listener >= 0;

    /// <summary>Loop: the peer has been sent all; where there is none, nothing waits for one.</summary>
    public bool IsSettled => _connection is null ? _link.KeptBytes == 0 : _outgoing is null;

    /// <summary>Tells this and later peers that the app is ready.</summary>
    public void SendReady()
    {
        if (Exists)
        {
            Send(new Ready());
        }
    }

    /// <summary>Sends a message, now or to the next peer.</summary>
    /// <returns>Why it was not taken; null where it was.</returns>
    public HostError? Send(RuntimeMessage message)
    {
        if (!Exists)
        {
            return NoChannel();
        }

        try
        {
            if (!_link.TrySend(message))
            {
                return HostError.Full("the queue to weft-appd");
            }
        }
        catch (ChannelException e)
        {
            return new HostError(HostError.InvalidParameters, e.Message);
        }

        wake();
        return null;
    }

    /// <summary>Sends a request; <paramref name="done"/> is called once, on another thread or on this one.</summary>
    public void Ask(Func<ulong, RuntimeMessage> request, Action<string?, HostError?> done)
    {
        if (!Exists)
        {
            done(null, NoChannel());
            return;
        }

        if (Volatile.Read(ref _connection) is null)
        {
            done(null, new HostError(HostError.Unavailable, "weft-appd is away; try again later"));
            return;
        }

        if (!_pending.TryAdd(done, out ulong id))
        {
            done(null, HostError.Full("the queue of requests to weft-appd"));
            return;
        }

        if (Send(request(id)) is { } error)
        {
            _pending.Complete(id, null, error);
        }
    }

    /// <summary>Loop: the milliseconds until something is to be done without an event; -1 for never.</summary>
    public long Timeout()
    {
        long now = Environment.TickCount64;
        long hello = _peer >= 0 && _connection is null ? Math.Max(0, _helloDeadline - now) : -1;
        long reply = _pending.Timeout(now);
        return hello < 0 ? reply : reply < 0 ? hello : Math.Min(hello, reply);
    }

    /// <summary>Loop: what to wait for.</summary>
    public PollEntry Entry()
    {
        if (_peer < 0)
        {
            return new PollEntry { Descriptor = listener, Wanted = RawDescriptors.POLLIN };
        }

        short wanted = RawDescriptors.POLLIN;
        if (_outgoing is not null || HasOutgoing())
        {
            wanted |= RawDescriptors.POLLOUT;
        }

        return new PollEntry { Descriptor = _peer, Wanted = wanted };
    }

    /// <summary>Loop: does what is to be done.</summary>
    public void Handle(PollEntry entry)
    {
        _pending.Expire(Environment.TickCount64);
        try
        {
            if (_peer < 0)
            {
                if (entry.Happened != 0)
                {
                    Accept();
                }

                return;
            }

            if (_connection is null && Environment.TickCount64 >= _helloDeadline)
            {
                Drop();
                return;
            }

            if (entry.Descriptor == _peer && (entry.Happened & ~RawDescriptors.POLLOUT) != 0)
            {
                Read();
            }

            Flush();
        }
        catch (Exception e) when (e is IOException or ChannelException)
        {
            // The peer broke the protocol or is gone: the next one finds everything as this one left it.
            Drop();
        }
    }

    private static HostError NoChannel() => new(HostError.Unavailable, "this session has no channel to weft-appd");

    private void Accept()
    {
        _peer = RawDescriptors.Accept(listener);
        _helloDeadline = Environment.TickCount64 + (long)HelloDeadline.TotalMilliseconds;
    }

    private void Read()
    {
        while (true)
        {
            int count = RawDescriptors.Read(_peer, _incoming.Room());
            if (count < 0)
            {
                return;
            }

            if (count == 0)
            {
                Drop();
                return;
            }

            _incoming.Add(count);
            while (_incoming.TryTake(out ReadOnlySpan<byte> line))
            {
                Take(line);
                if (_peer < 0)
                {
                    return;
                }
            }

            _incoming.Settle();
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        if (_connection is { } connection)
        {
            connection.Receive(ChannelCodec.ReadLine(line), Receive);
            return;
        }

        PeerHello hello = ChannelCodec.ReadPeerHello(line);
        if (_token is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Token), _token))
        {
            Drop();
            return;
        }

        LinkConnection made = _link.Connect(hello.Taken, hello.Next, hello.Refused);
        (ulong taken, ulong next, IReadOnlyList<ulong>? refused) = _link.Greeting();
        (bool ready, System.Text.Json.JsonElement? report) = State();
        _outgoing = ChannelCodec.Write(new RuntimeHello { Taken = taken, Next = next, Refused = refused, Ready = ready, Report = report });
        _outgoingDone = 0;
        Volatile.Write(ref _connection, made);
    }

    private bool Receive(ChannelMessage message)
    {
        if (message is not Reply reply)
        {
            return Deliver(message);
        }

        _pending.Complete(reply.Id, reply.Text, reply.Error is { } error ? new HostError(HostError.Unavailable, error) : null);
        return true;
    }

    private bool HasOutgoing()
    {
        if (_connection is not null && _connection.TryTake(out byte[]? line))
        {
            _outgoing = line;
            _outgoingDone = 0;
            return true;
        }

        return false;
    }

    private void Flush()
    {
        while (_peer >= 0 && (_outgoing is not null || HasOutgoing()))
        {
            int count = RawDescriptors.Write(_peer, _outgoing.AsSpan(_outgoingDone));
            if (count < 0)
            {
                return;
            }

            _outgoingDone += count;
            if (_outgoingDone == _outgoing!.Length)
            {
                _outgoing = null;
            }
        }

        RoomAgain();
    }

    private void Drop()
    {
        if (_peer >= 0)
        {
            RawDescriptors.Close(_peer);
        }

        _peer = -1;
        Volatile.Write(ref _connection, null);
        _outgoing = null;
        _incoming.Clear();
    }
}
