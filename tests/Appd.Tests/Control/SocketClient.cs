using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Appd.Tests.Control;

/// <summary>A client of the Unix socket that shows every message as it came.</summary>
internal sealed class SocketClient(Socket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly FrameReader _frames = new(new NetworkStream(socket, ownsSocket: false));

    public Socket Socket => socket;

    public async Task SendAsync(ControlRequest request, ulong? seq = null) => await SendRawAsync(Frames.Encode(request, seq));

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>The next message; fails when none comes or the connection ends.</summary>
    public async Task<ReceivedReply> ReceiveAsync() => await TryReceiveAsync() ?? throw new EndOfStreamException("the daemon closed the connection");

    /// <summary>The next message, or null where the connection ended.</summary>
    public async Task<ReceivedReply?> TryReceiveAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            FrameResult frame = await _frames.ReadAsync(deadline.Token);
            return frame.Status == FrameStatus.Frame ? ControlCodec.ReadReply(frame.Payload.Span, ControlEncoding.MessagePack) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async Task<T> ReceiveAsync<T>()
        where T : ControlReply
    {
        ReceivedReply received = await ReceiveAsync();
        return received.Reply as T ?? throw new InvalidOperationException($"{typeof(T).Name} was expected, {received.Type} came: {System.Text.Encoding.UTF8.GetString(received.Json.Span)}");
    }

    public async Task<T> AskAsync<T>(ControlRequest request, ulong? seq = null)
        where T : ControlReply
    {
        await SendAsync(request, seq);
        return await ReceiveAsync<T>();
    }

    public void Dispose()
    {
        _frames.Dispose();
        socket.Dispose();
    }
}
