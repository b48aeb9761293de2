using System.Net;
using Weft.Linux;

namespace Weft.Runtime.Host;

/// <summary>What a fetch may still wait for: two deadlines and a cancellation.</summary>
internal sealed class FetchDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly EventDescriptor _cancelled = EventDescriptor.Create();
    private readonly CancellationTokenRegistration _registration;

    public FetchDeadline(FetchLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        Limits = limits;
        Cancellation = cancellationToken;
        _time = time;
        _began = time.GetTimestamp();
        _registration = cancellationToken.UnsafeRegister(static state => ((EventDescriptor)state!).Signal(), _cancelled);
    }

    public FetchLimits Limits { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>While true the shorter deadline holds too.</summary>
    public bool Connecting { get; set; } = true;

    /// <exception cref="FetchException">None is left.</exception>
    public TimeSpan Left
    {
        get
        {
            Cancellation.ThrowIfCancellationRequested();
            TimeSpan passed = _time.GetElapsedTime(_began);
            TimeSpan limit = Connecting && Limits.Connect < Limits.Total ? Limits.Connect : Limits.Total;
            return passed < limit ? limit - passed : throw new FetchException(FetchFailure.TimedOut,
                Connecting ? $"fetch: no connection within {limit.TotalSeconds:0.#} s" : $"fetch: not done within {limit.TotalSeconds:0.#} s");
        }
    }

    /// <summary>Waits on the calling thread until the socket has something; false when <paramref name="most"/> is over before.</summary>
    public bool Wait(Descriptor socket, short wanted, TimeSpan? most = null)
    {
        TimeSpan left = Left;
        bool sooner = most < left;
        int milliseconds = (int)Math.Ceiling((sooner ? most!.Value : left).TotalMilliseconds);
        Span<PollEntry> entries =
        [
            new() { Descriptor = socket.Number, Wanted = wanted },
            new() { Descriptor = _cancelled.Descriptor.Number, Wanted = RawDescriptors.POLLIN },
        ];
        _ = RawDescriptors.Poll(entries, milliseconds);
        if (entries[0].Happened != 0)
        {
            return true;
        }

        if (!sooner)
        {
            _ = Left;
        }

        Cancellation.ThrowIfCancellationRequested();
        return false;
    }

    public void Dispose()
    {
        // Waits for a callback that runs, so the event is not signalled after it is closed.
        _registration.Dispose();
        _cancelled.Dispose();
    }
}

/// <summary>A connection to one checked address, plain or TLS, used by the thread of its fetch.</summary>
internal sealed class FetchConnection : IDisposable
{
    private readonly Descriptor _socket;
    private readonly FetchDeadline _deadline;
    private TlsConnection? _tls;

    private FetchConnection(Descriptor socket, FetchDeadline deadline)
    {
        _socket = socket;
        _deadline = deadline;
    }

    /// <summary>Connects to the first of the addresses that answers; each gets its share of the time, so that a silent one does not take it all.</summary>
    /// <exception cref="FetchException">None did.</exception>
    public static FetchConnection Connect(IReadOnlyList<IPAddress> addresses, int port, FetchDeadline deadline)
    {
        LinuxException? last = null;
        for (int i = 0; i < addresses.Count; i++)
        {
            Descriptor? socket = null;
            try
            {
                TimeSpan share = deadline.Left / (addresses.Count - i);
                socket = TcpSockets.BeginConnect(addresses[i], port);
                if (deadline.Wait(socket, RawDescriptors.POLLOUT, share))
                {
                    TcpSockets.Outcome(socket, addresses[i], port);
                    FetchConnection connection = new(socket, deadline);
                    socket = null;
                    return connection;
                }

                last = new LinuxException("connect", $"{new IPEndPoint(addresses[i], port)}", Errno.ETIMEDOUT);
            }
            catch (LinuxException e)
            {
                last = e;
            }
            finally
            {
                socket?.Dispose();
            }
        }

        throw new FetchException(FetchFailure.Unreachable, $"fetch: {last!.Message}");
    }

    /// <summary>Does the TLS handshake; the certificate must be the host's, by the roots in <paramref name="context"/>.</summary>
    public void Secure(TlsContext context, FetchTarget target)
    {
        _tls = TlsConnection.Create(context, _socket, target.Host.TrimEnd('.'), target.Address is not null);
        Repeat(_tls.Handshake);
    }

    public void Write(ReadOnlyMemory<byte> bytes)
    {
        // OpenSSL wants the same call again after a wait: pieces of one record's size.
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, 16 << 10);
            if (_tls is { } tls)
            {
                ReadOnlyMemory<byte> piece = bytes[..count];
                Repeat(() => tls.Write(piece.Span));
            }
            else
            {
                while ((count = TcpSockets.Send(_socket, bytes.Span)) < 0)
                {
                    _deadline.Wait(_socket, RawDescriptors.POLLOUT);
                }
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>What is there next; 0 at the end.</summary>
    public int Read(Span<byte> buffer)
    {
        int count;
        if (_tls is { } tls)
        {
            TlsWait wait;
            while ((wait = tls.Read(buffer, out count)) != TlsWait.None)
            {
                WaitFor(wait);
            }
        }
        else
        {
            while ((count = TcpSockets.Receive(_socket, buffer)) < 0)
            {
                _deadline.Wait(_socket, RawDescriptors.POLLIN);
            }
        }

        // A server that sends a byte now and then never lets a wait run out.
        _ = _deadline.Left;
        return count;
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    private void Repeat(Func<TlsWait> step)
    {
        TlsWait wait;
        while ((wait = step()) != TlsWait.None)
        {
            WaitFor(wait);
        }
    }

    private void WaitFor(TlsWait wait) => _deadline.Wait(_socket, wait == TlsWait.Readable ? RawDescriptors.POLLIN : RawDescriptors.POLLOUT);
}
