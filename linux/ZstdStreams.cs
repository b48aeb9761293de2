namespace Weft.Linux;

/// <summary>
/// Reads what zstd frames, one after the other, hold. Damage, a frame cut off and bytes that are no frame are a
/// <see cref="ZstdException"/>. Memory: 128 KiB and the frame's window, at most 128 MiB. Closes the stream it reads from.
/// </summary>
public sealed class ZstdReader(Stream source) : ReadOnlyStream
{
    private readonly Zstd.DecoderHandle _decoder = Zstd.NewDecoder();
    private readonly byte[] _input = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _inFrame;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = source.Read(_input);
                if (_end == 0)
                {
                    return _inFrame ? Drain(buffer) : 0;
                }
            }

            (int taken, int made, nuint hint) = Zstd.Decode(_decoder, _input.AsSpan(_start, _end - _start), buffer);
            _start += taken;
            _inFrame = hint != 0;
            if (made > 0)
            {
                return made;
            }
        }
    }

    // The input is at its end and the frame is not: the decoder may still hold output; when it does not, the frame was cut off.
    private int Drain(Span<byte> buffer)
    {
        (_, int made, nuint hint) = Zstd.Decode(_decoder, [], buffer);
        _inFrame = hint != 0;
        return made > 0 || !_inFrame ? made : throw new ZstdException("zstd: the data is cut off");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>
/// Writes one zstd frame with a checksum, the same bytes for the same input on one version of libzstd. The frame is complete after
/// <see cref="Finish"/>; disposing without it leaves it cut off on purpose. Leaves the stream it writes to open.
/// </summary>
public sealed class ZstdWriter(Stream target, int level) : WriteOnlyStream
{
    private readonly Zstd.EncoderHandle _encoder = Zstd.NewEncoder(level);
    private readonly byte[] _output = new byte[128 * 1024];

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            (int taken, int made, _) = Zstd.Encode(_encoder, buffer, _output, Zstd.ZSTD_e_continue);
            target.Write(_output, 0, made);
            buffer = buffer[taken..];
        }
    }

    public void Finish()
    {
        nuint left;
        do
        {
            (_, int made, left) = Zstd.Encode(_encoder, [], _output, Zstd.ZSTD_e_end);
            target.Write(_output, 0, made);
        }
        while (left != 0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _encoder.Dispose();
        }

        base.Dispose(disposing);
    }
}
