using System.Buffers;
using System.Buffers.Binary;

namespace Weft.Core.Protocol;

/// <summary>Frames of the Unix sockets: a 4-byte little-endian length, then that many bytes (docs/protocol.md, "Frames").</summary>
public static class Frames
{
    /// <summary>The largest frame without its header, in bytes (spec: 4 MiB).</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    public const int HeaderLength = 4;

    /// <summary>One control message as a frame of MessagePack, ready to be sent. Made once for all subscribers of a broadcast.</summary>
    /// <exception cref="ControlException">413: the message is larger than a frame may be.</exception>
    public static byte[] Encode(ControlMessage message, ulong? number = null)
    {
        using var buffer = new PooledBuffer();
        buffer.GetSpan(HeaderLength)[..HeaderLength].Clear();
        buffer.Advance(HeaderLength);
        ControlCodec.Write(buffer, message, ControlEncoding.MessagePack, number);
        if (buffer.Length - HeaderLength > MaxLength)
        {
            throw new ControlException(ControlCode.TooLarge, $"{ControlCodec.TypeOf(message)} has {buffer.Length - HeaderLength} bytes and a frame at most {MaxLength}");
        }

        byte[] frame = buffer.Written.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - HeaderLength);
        return frame;
    }

    /// <summary>Puts a length in front of bytes that are encoded already.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxLength);
        byte[] frame = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderLength));
        return frame;
    }
}

/// <summary>What came of reading a frame.</summary>
public enum FrameStatus
{
    /// <summary>A frame.</summary>
    Frame,

    /// <summary>The peer closed between two frames.</summary>
    End,

    /// <summary>The peer closed inside a frame.</summary>
    Cut,

    /// <summary>A length of zero: answered 400, the connection stays.</summary>
    Empty,

    /// <summary>A length above the limit: answered 413, then the connection is closed. Nothing more can be read.</summary>
    TooLarge,
}

/// <summary>One result of <see cref="FrameReader"/>.</summary>
/// <param name="Payload">The frame without its header; valid until the next read.</param>
/// <param name="Declared">The length that the peer announced.</param>
public readonly record struct FrameResult(FrameStatus Status, ReadOnlyMemory<byte> Payload, uint Declared)
{
    /// <summary>What answers a frame that is none; null for the others.</summary>
    public ErrorReply? Error => Status switch
    {
        FrameStatus.Empty => new ErrorReply { Code = ControlCode.Malformed, Message = "a frame of length 0; send a message in it" },
        FrameStatus.TooLarge => new ErrorReply { Code = ControlCode.TooLarge, Message = $"a frame of {Declared} bytes; at most {Frames.MaxLength} are read, and the connection is closed" },
        _ => null,
    };
}

/// <summary>
/// Reads frames from a stream. Memory follows the bytes that have arrived, never the length that was announced: a peer
/// that declares 4 MiB and sends nothing costs what an idle one costs.
/// </summary>
public sealed class FrameReader(Stream stream, int maxLength = Frames.MaxLength) : IDisposable
{
    private const int SmallBuffer = 1024;

    private byte[] _small = new byte[SmallBuffer];
    private byte[]? _rented;
    private int _start;
    private int _end;
    private bool _closed;

    /// <summary>True while part of a frame is here and not the whole.</summary>
    public bool HasPart => _start != _end;

    private byte[] Buffer => _rented ?? _small;

    /// <summary>The next frame, or why there is none.</summary>
    /// <exception cref="IOException">The system could not read.</exception>
    public async ValueTask<FrameResult> ReadAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return new FrameResult(FrameStatus.End, default, 0);
        }

        ShrinkIfEmpty();
        if (!await FillAsync(Frames.HeaderLength, cancellationToken))
        {
            return new FrameResult(_end == _start ? FrameStatus.End : FrameStatus.Cut, default, 0);
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(Buffer.AsSpan(_start));
        if (length > (uint)maxLength)
        {
            _closed = true;
            return new FrameResult(FrameStatus.TooLarge, default, length);
        }

        if (length == 0)
        {
            _start += Frames.HeaderLength;
            return new FrameResult(FrameStatus.Empty, default, 0);
        }

        int whole = Frames.HeaderLength + (int)length;
        if (!await FillAsync(whole, cancellationToken))
        {
            return new FrameResult(FrameStatus.Cut, default, length);
        }

        ReadOnlyMemory<byte> payload = Buffer.AsMemory(_start + Frames.HeaderLength, (int)length);
        _start += whole;
        return new FrameResult(FrameStatus.Frame, payload, length);
    }

    /// <summary>Gives the buffer back; the stream stays the caller's.</summary>
    public void Dispose()
    {
        _closed = true;
        if (_rented is { } rented)
        {
            _rented = null;
            ArrayPool<byte>.Shared.Return(rented);
        }

        _small = [];
        _start = _end = 0;
    }

    /// <summary>Reads until <paramref name="wanted"/> bytes are there; false where the stream ends before.</summary>
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        while (_end - _start < wanted)
        {
            if (_end == Buffer.Length)
            {
                MakeRoom(wanted);
            }

            int read = await stream.ReadAsync(Buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                _closed = true;
                return false;
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Moves what is there to the front, into a buffer of twice the size where it is full of one frame.</summary>
    private void MakeRoom(int wanted)
    {
        int held = _end - _start;
        if (_start > 0 && held < Buffer.Length / 2)
        {
            Buffer.AsSpan(_start, held).CopyTo(Buffer);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(wanted, SmallBuffer), Buffer.Length * 2));
            Buffer.AsSpan(_start, held).CopyTo(larger);
            if (_rented is { } old)
            {
                ArrayPool<byte>.Shared.Return(old);
            }

            _rented = larger;
        }

        _start = 0;
        _end = held;
    }

    /// <summary>A connection that is done with a large frame does not keep its buffer.</summary>
    private void ShrinkIfEmpty()
    {
        if (_start != _end)
        {
            return;
        }

        _start = _end = 0;
        if (_rented is { } rented)
        {
            _rented = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
