using System.Net.Sockets;
using Weft.Linux;

namespace Weft.Core.Protocol;

/// <summary>
/// A client of appd's Unix socket: one request at a time, broadcasts in between are kept in order for
/// <see cref="ReadEventAsync"/>. For one caller; not thread-safe.
/// </summary>
public sealed class ControlClient : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly FrameReader _reader;
    private readonly Queue<ReceivedReply> _events = [];
    private ulong _seq;

    private ControlClient(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new FrameReader(_stream);
    }

    /// <summary>Connects to the daemon that listens on <paramref name="path"/>.</summary>
    /// <exception cref="SocketException">Nobody does.</exception>
    public static async Task<ControlClient> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(UnixSockets.Address(path), cancellationToken);
            return new ControlClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <param name="progress">Gets each <c>PROGRESS</c> of this request.</param>
    /// <exception cref="ControlException">The daemon answered with an error.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="FormatException">The daemon answered with something else.</exception>
    public async Task<(T Reply, ReadOnlyMemory<byte> Json)> AskAsync<T>(ControlRequest request, Action<Progress>? progress, CancellationToken cancellationToken)
        where T : ControlReply
    {
        ulong seq = ++_seq;
        await _stream.WriteAsync(Frames.Encode(request, seq), cancellationToken);
        while (true)
        {
            ReceivedReply received = await ReadAsync(cancellationToken);
            if (received.Re != seq)
            {
                // An error without a number answers what could not be read: it can only be this request.
                if (received is { Re: null, Reply: ErrorReply unnumbered })
                {
                    throw new ControlException(unnumbered.Code, unnumbered.Message);
                }

                _events.Enqueue(received);
                continue;
            }

            switch (received.Reply)
            {
                case Progress step when typeof(T) != typeof(Progress):
                    progress?.Invoke(step);
                    break;
                case ErrorReply error:
                    throw new ControlException(error.Code, error.Message);
                case T reply:
                    return (reply, received.Json);
                default:
                    throw new FormatException($"{ControlCodec.TypeOf(request)} was answered with {received.Type}; is the daemon of another version?");
            }
        }
    }

    /// <inheritdoc cref="AskAsync"/>
    public async Task<T> RequestAsync<T>(ControlRequest request, CancellationToken cancellationToken)
        where T : ControlReply => (await AskAsync<T>(request, null, cancellationToken)).Reply;

    /// <summary>The next broadcast; those that came while a request waited for its reply come first.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task<ReceivedReply> ReadEventAsync(CancellationToken cancellationToken) =>
        _events.TryDequeue(out ReceivedReply? kept) ? kept : await ReadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stream.DisposeAsync();
    }

    private async Task<ReceivedReply> ReadAsync(CancellationToken cancellationToken)
    {
        FrameResult frame = await _reader.ReadAsync(cancellationToken);
        return frame.Status == FrameStatus.Frame
            ? ControlCodec.ReadReply(frame.Payload.Span, ControlEncoding.MessagePack)
            : throw new IOException($"the daemon closed the connection{(frame.Status == FrameStatus.End ? "" : " in the middle of a message")}");
    }
}
