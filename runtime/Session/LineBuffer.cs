using Weft.Core.Channel;

namespace Weft.Runtime.Session;

/// <summary>Gathers lines from a descriptor that does not block. Its memory follows the lines: small again once a long one is gone.</summary>
internal sealed class LineBuffer(int maximumLine)
{
    private const int Small = 2048;

    private byte[] _bytes = [];
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>Where to read into.</summary>
    public Span<byte> Room()
    {
        if (_end == _bytes.Length)
        {
            byte[] larger = _start > 0 && _end - _start < _bytes.Length / 2 ? _bytes : new byte[Math.Max(Small, _bytes.Length * 2)];
            _bytes.AsSpan(_start, _end - _start).CopyTo(larger);
            _bytes = larger;
            _scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        return _bytes.AsSpan(_end);
    }

    /// <summary>Counts what was read.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Takes the next line, without its end; valid until <see cref="Room"/>.</summary>
    /// <exception cref="ChannelException">It is too long.</exception>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        int newline = _bytes.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        int length = newline < 0 ? _end - _start : _scanned + newline - _start;
        if (length > maximumLine)
        {
            throw new ChannelException($"a line of the channel is longer than {maximumLine} bytes");
        }

        if (newline < 0)
        {
            _scanned = _end;
            line = default;
            return false;
        }

        line = _bytes.AsSpan(_start, length);
        _start += length + 1;
        _scanned = _start;
        return true;
    }

    /// <summary>Gives memory back where nothing is held.</summary>
    public void Settle()
    {
        if (_start == _end)
        {
            Clear();
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_bytes.Length > Small)
        {
            _bytes = [];
        }

        _start = 0;
        _scanned = 0;
        _end = 0;
    }
}
