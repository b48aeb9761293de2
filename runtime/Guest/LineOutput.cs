using System.Buffers;

namespace Weft.Runtime.Guest;

/// <summary>Takes one whole line without its end; false where it means nothing and belongs into the log.</summary>
internal delegate bool LineTaker(ReadOnlySpan<byte> line);

/// <summary>
/// Standard output of a guest of interface jsonrpc, cut into lines. What cannot be an object goes to the log as it comes; what begins like one
/// is gathered, up to a limit, and goes there too where the taker has no use for it.
/// </summary>
internal sealed class LineOutput(LineTaker take, IGuestOutput log, int limit) : IGuestOutput
{
    private readonly ArrayBufferWriter<byte> _gathered = new();
    private bool _isLog;   // the rest of this line goes to the log
    private bool _decided; // the first character that is no space was seen

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..(end + 1)];
            bytes = bytes[part.Length..];
            Part(part, ends: end >= 0);
        }
    }

    /// <summary>Gives out a last line that has no end.</summary>
    public void Finish()
    {
        if (_gathered.WrittenCount > 0)
        {
            EndLine();
        }
    }

    private void Part(ReadOnlySpan<byte> part, bool ends)
    {
        if (!_isLog && !_decided)
        {
            int first = part.IndexOfAnyExcept(" \t\r\n"u8);
            if (first >= 0)
            {
                _decided = true;
                _isLog = part[first] != (byte)'{';
            }
        }

        if (!_isLog && _gathered.WrittenCount + part.Length > limit)
        {
            _isLog = true;
        }

        if (_isLog)
        {
            Drop();
            log.Write(part);
        }
        else if (ends && _gathered.WrittenCount == 0)
        {
            // The usual case: a line in one write needs no copy.
            if (!take(part[..^1]))
            {
                log.Write(part);
            }
        }
        else
        {
            _gathered.Write(part);
            if (ends)
            {
                EndLine();
            }
        }

        if (ends)
        {
            _isLog = false;
            _decided = false;
        }
    }

    private void EndLine()
    {
        ReadOnlySpan<byte> line = _gathered.WrittenSpan;
        if (!take(line.EndsWith("\n"u8) ? line[..^1] : line))
        {
            log.Write(line);
        }

        _gathered.ResetWrittenCount();
    }

    /// <summary>What was gathered turns out to be log.</summary>
    private void Drop()
    {
        if (_gathered.WrittenCount > 0)
        {
            log.Write(_gathered.WrittenSpan);
            _gathered.Clear();
        }
    }
}
