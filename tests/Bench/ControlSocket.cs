using System.Buffers.Binary;
using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Tests.Bench;

/// <summary>A blocking connection to the control socket: what is timed must not include a thread hop of the client.</summary>
internal sealed class ControlSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private byte[] _buffer = new byte[64 * 1024];

    public ControlSocket(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

    public void Send(byte[] frame) => _socket.Send(frame);

    public void Send(ControlRequest request) => Send(Frames.Encode(request));

    /// <summary>Reads messages until one is a <typeparamref name="T"/> that <paramref name="wanted"/> accepts; an ERROR is thrown.</summary>
    public T Read<T>(Func<T, bool>? wanted = null)
        where T : ControlReply
    {
        while (true)
        {
            switch (Next())
            {
                case T message when wanted is null || wanted(message): return message;
                case ErrorReply error: throw new InvalidOperationException($"{error.Code}: {error.Message}");
                case AppState { State: SessionState.Stopped } ended when typeof(T) == typeof(AppReady):
                    throw new InvalidOperationException($"session {ended.SessionId} ended: {ended.End?.Message}");
                default: break;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private ControlReply? Next()
    {
        Fill(4);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_buffer);
        Fill(length);
        return ControlCodec.ReadReply(_buffer.AsSpan(0, length), ControlEncoding.MessagePack).Reply;
    }

    private void Fill(int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }

        for (int have = 0; have < length;)
        {
            int read = _socket.Receive(_buffer.AsSpan(have, length - have));
            if (read == 0)
            {
                throw new InvalidOperationException("the daemon closed the connection");
            }

            have += read;
        }
    }
}
