using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Weft.Appd.Web;

/// <summary>One thing a peer sent: a whole text message, or a control frame.</summary>
internal readonly record struct WebSocketMessage(Opcode Opcode, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Reads messages of a client (RFC 6455): frames unmasked, fragments joined, control frames between them handed out as they come.
/// Memory follows the bytes that have arrived, never the length that was announced.
/// </summary>
internal sealed class WebSocketReader(Stream stream, int longestMessage)
{
    private const int FirstBuffer = 1024; // bytes; an ordinary request fits

    private readonly ArrayBufferWriter<byte> _message = new(); // fragments so far
    private byte[] _buffer = new byte[FirstBuffer];
    private int _begin;
    private int _end;
    private bool _inMessage;

    /// <summary>The next message; null where the peer closed without a word. The payload is valid until the next read.</summary>
    /// <exception cref="WebSocketViolation">What the peer sent is against the protocol.</exception>
    public async ValueTask<WebSocketMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_inMessage)
        {
            _message.ResetWrittenCount();
            Shrink();
        }

        while (true)
        {
            if (!await FillAsync(2, cancellationToken))
            {
                return null;
            }

            byte first = _buffer[_begin];
            byte second = _buffer[_begin + 1];
            var opcode = (Opcode)(first & 0x0F);
            bool final = (first & 0x80) != 0;
            int header = 2 + (second & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 } + 4;
            Check(first, second, opcode, final);
            if (!await FillAsync(header, cancellationToken))
            {
                return null;
            }

            ulong announced = (second & 0x7F) switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_begin + 2)),
                127 => BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(_begin + 2)),
                int small => (ulong)small,
            };
            if (opcode < Opcode.Close && announced + (ulong)_message.WrittenCount > (ulong)longestMessage)
            {
                throw new WebSocketViolation(CloseCode.TooBig, $"a message may have {longestMessage} bytes");
            }

            int length = (int)announced;
            if (!await FillAsync(header + length, cancellationToken))
            {
                return null;
            }

            Memory<byte> payload = _buffer.AsMemory(_begin + header, length);
            Unmask(payload.Span, _buffer.AsSpan(_begin + header - 4, 4));
            _begin += header + length;
            if (opcode >= Opcode.Close)
            {
                CheckClose(opcode, payload.Span);
                return new WebSocketMessage(opcode, payload);
            }

            if (final && !_inMessage)
            {
                return Text(payload);
            }

            _message.Write(payload.Span);
            _inMessage = !final;
            if (final)
            {
                return Text(_message.WrittenMemory);
            }
        }
    }

    private static WebSocketMessage Text(ReadOnlyMemory<byte> payload) => Utf8.IsValid(payload.Span)
        ? new WebSocketMessage(Opcode.Text, payload)
        : throw new WebSocketViolation(CloseCode.InvalidText, "a text message is UTF-8");

    private static void CheckClose(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        if (opcode != Opcode.Close || payload.IsEmpty)
        {
            return;
        }

        // 1004 to 1006 and 1015 are never sent; 3000 to 4999 belong to libraries and applications (RFC 6455, 7.4).
        if (payload.Length == 1 || BinaryPrimitives.ReadUInt16BigEndian(payload) is not (>= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999))
        {
            throw new WebSocketViolation(CloseCode.ProtocolError, "a close frame has a code that may be sent, or nothing");
        }

        if (!Utf8.IsValid(payload[2..]))
        {
            throw new WebSocketViolation(CloseCode.InvalidText, "the reason of a close frame is UTF-8");
        }
    }

    private void Check(byte first, byte second, Opcode opcode, bool final)
    {
        if ((first & 0x70) != 0)
        {
            throw new WebSocketViolation(CloseCode.ProtocolError, "reserved bits are set, and no extension was agreed on");
        }

        if ((second & 0x80) == 0)
        {
            throw new WebSocketViolation(CloseCode.ProtocolError, "a client's frames are masked");
        }

        switch (opcode)
        {
            case Opcode.Binary:
                throw new WebSocketViolation(CloseCode.UnsupportedData, "messages are JSON text");
            case Opcode.Text when _inMessage:
                throw new WebSocketViolation(CloseCode.ProtocolError, "a new message began inside another");
            case Opcode.Continuation when !_inMessage:
                throw new WebSocketViolation(CloseCode.ProtocolError, "a continuation of nothing");
            case Opcode.Text or Opcode.Continuation:
                break;
            case Opcode.Close or Opcode.Ping or Opcode.Pong:
                if (!final || (second & 0x7F) > WebSocketFrame.ControlPayload)
                {
                    throw new WebSocketViolation(CloseCode.ProtocolError, "a control frame is whole and short");
                }

                break;
            default:
                throw new WebSocketViolation(CloseCode.ProtocolError, $"unknown opcode {(byte)opcode}");
        }
    }

    private static void Unmask(Span<byte> payload, ReadOnlySpan<byte> mask)
    {
        int i = 0;
        if (payload.Length >= sizeof(ulong))
        {
            Span<byte> twice = stackalloc byte[sizeof(ulong)];
            mask.CopyTo(twice);
            mask.CopyTo(twice[4..]);
            ulong wide = BinaryPrimitives.ReadUInt64LittleEndian(twice);
            for (; i + sizeof(ulong) <= payload.Length; i += sizeof(ulong))
            {
                Span<byte> eight = payload.Slice(i, sizeof(ulong));
                BinaryPrimitives.WriteUInt64LittleEndian(eight, BinaryPrimitives.ReadUInt64LittleEndian(eight) ^ wide);
            }
        }

        for (; i < payload.Length; i++)
        {
            payload[i] ^= mask[i & 3];
        }
    }

    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        while (_end - _begin < wanted)
        {
            if (_end == _buffer.Length)
            {
                MakeRoom();
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom()
    {
        byte[] target = _begin > 0 && _end - _begin < _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
        _buffer.AsSpan(_begin, _end - _begin).CopyTo(target);
        _buffer = target;
        _end -= _begin;
        _begin = 0;
    }

    // A connection that once sent much does not keep the room for it.
    private void Shrink()
    {
        if (_begin == _end)
        {
            _begin = _end = 0;
            if (_buffer.Length > FirstBuffer)
            {
                _buffer = new byte[FirstBuffer];
            }
        }
    }
}
