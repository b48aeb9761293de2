namespace Weft.Appd.Processes;

/// <summary>Cuts bytes into lines. A line over the limit is dropped to its end: no peer makes this grow.</summary>
internal sealed class LineScanner(int limit)
{
    private byte[] _line = new byte[Math.Min(limit, Usual)]; // grows to the limit where a line needs it
    private int _length;
    private bool _tooLong;

    /// <summary>Bytes of a report or a READY line.</summary>
    private const int Usual = 512;

    public delegate bool Line(ReadOnlySpan<byte> line);

    /// <summary>Takes bytes in and hands out whole lines without their end, until one is answered true.</summary>
    /// <returns>True when a line was answered true; what follows it is not looked at.</returns>
    public bool Take(ReadOnlySpan<byte> bytes, Line line)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            if (_tooLong || _length + part.Length > limit)
            {
                _tooLong = true;
            }
            else
            {
                if (_length + part.Length > _line.Length)
                {
                    Array.Resize(ref _line, Math.Min(limit, Math.Max(2 * _line.Length, _length + part.Length)));
                }

                part.CopyTo(_line.AsSpan(_length));
                _length += part.Length;
            }

            if (end < 0)
            {
                return false;
            }

            bool taken = !_tooLong && line(_line.AsSpan(0, _length));
            _length = 0;
            _tooLong = false;
            if (taken)
            {
                return true;
            }

            bytes = bytes[(end + 1)..];
        }

        return false;
    }
}
