using System.Buffers;

namespace Weft.Core.Channel;

/// <summary>What came of reading a line.</summary>
public enum LineStatus
{
    /// <summary>A line.</summary>
    Line,

    /// <summary>The peer closed between two lines.</summary>
    End,

    /// <summary>The peer closed inside a line.</summary>
    Cut,

    /// <summary>The line is longer than allowed. Nothing more can be read.</summary>
    TooLong,
}

/// <summary>One result of <see cref="LineReader"/>.</summary>
/// <param name="Line">Without the newline; valid until the next read.</param>
public readonly record struct LineResult(LineStatus Status, ReadOnlyMemory<byte> Line);

/// <summary>Reads lines that end with a newline from a stream. Memory follows the bytes that arrive, up to one line of the allowed length.</summary>
public sealed class LineReader(Stream stream, int maxLine = ChannelLimits.MaxLine) : IDisposable
{
    private const int SmallBuffer = 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _start;
    private int _scanned;
    private int _end;
    private bool _closed;

    /// <summary>The next line, or why there is none.</summary>
    /// <exception cref="IOException">The system could not read.</exception>
    public async ValueTask<LineResult> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_closed)
        {
            int newline = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            int length = newline < 0 ? _end - _start : _scanned + newline - _start;
            if (length > maxLine)
            {
                _closed = true;
                return new LineResult(LineStatus.TooLong, default);
            }

            if (newline >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                _scanned = _start;
                return new LineResult(LineStatus.Line, line);
            }

            _scanned = _end;
            MakeRoom();
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                _closed = true;
                return new LineResult(_end == _start ? LineStatus.End : LineStatus.Cut, default);
            }

            _end += read;
        }

        return new LineResult(LineStatus.End, default);
    }

    /// <summary>Gives the buffer back; the stream stays the caller's.</summary>
    public void Dispose()
    {
        _closed = true;
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom()
    {
        int held = _end - _start;
        if (held == 0 && _buffer.Length > SmallBuffer)
        {
            Replace(SmallBuffer, held); // a channel that is done with a long line does not keep its buffer
        }
        else if (_end == _buffer.Length && held >= _buffer.Length / 2)
        {
            Replace(_buffer.Length * 2, held);
        }
        else if (_start > 0 && (held == 0 || _end == _buffer.Length))
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
        }
        else
        {
            return;
        }

        _scanned -= _start;
        _start = 0;
        _end = held;
    }

    private void Replace(int capacity, int held)
    {
        byte[] next = ArrayPool<byte>.Shared.Rent(capacity);
        _buffer.AsSpan(_start, held).CopyTo(next);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
    }
}
