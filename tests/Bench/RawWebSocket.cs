using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Weft.Tests.Bench;

/// <summary>
/// The smallest WebSocket client (RFC 6455). What is timed must be the server's work, so the kernel says when bytes arrived
/// (SO_TIMESTAMPNS, socket(7)), however late this process reads them.
/// </summary>
internal sealed class RawWebSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[1024 * 1024];
    private int _start;
    private int _end;

    public RawWebSocket(int port, string path)
    {
        ArrivalTime.Enable(_socket);
        _socket.Connect("127.0.0.1", port);
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        _socket.Send(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n")));
        int at;
        while ((at = _buffer.AsSpan(0, _end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Fill();
        }

        string answer = Encoding.ASCII.GetString(_buffer, 0, at);
        if (!answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"the upgrade was answered {answer}");
        }

        _start = at + 4;
    }

    /// <summary>When the bytes that were read last had arrived at this socket.</summary>
    public DateTime Arrived { get; private set; }

    public void Send(string text)
    {
        byte[] payload = Encoding.UTF8.GetBytes(text);
        byte[] frame = new byte[(payload.Length < 126 ? 2 : 4) + 4 + payload.Length];
        frame[0] = 0x81;
        int at = 2;
        if (payload.Length < 126)
        {
            frame[1] = (byte)(0x80 | payload.Length);
        }
        else
        {
            frame[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), checked((ushort)payload.Length));
            at = 4;
        }

        // A mask of zeros is a mask: the payload may stand as it is.
        payload.CopyTo(frame, at + 4);
        _socket.Send(frame);
    }

    /// <summary>Reads text messages until one holds <paramref name="part"/>.</summary>
    public void ReadUntil(ReadOnlySpan<byte> part)
    {
        while (Read(out int from, out int length) != 1 || _buffer.AsSpan(from, length).IndexOf(part) < 0)
        {
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>One frame; its opcode.</summary>
    private int Read(out int from, out int length)
    {
        Need(2);
        int opcode = _buffer[_start] & 15, header = 2;
        length = _buffer[_start + 1] & 127;
        if (length == 126)
        {
            Need(4);
            length = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start + 2));
            header = 4;
        }
        else if (length == 127)
        {
            Need(10);
            length = checked((int)BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(_start + 2)));
            header = 10;
        }

        Need(header + length);
        from = _start + header;
        _start = from + length;
        return opcode;
    }

    private void Need(int count)
    {
        if (_start > 0 && _start + count > _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < count)
        {
            Fill();
        }
    }

    private void Fill()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        int read = ArrivalTime.Receive(_socket, _buffer.AsSpan(_end), out DateTime arrived);
        Arrived = arrived;
        if (read == 0)
        {
            throw new InvalidOperationException("the server closed the connection");
        }

        _end += read;
    }
}
