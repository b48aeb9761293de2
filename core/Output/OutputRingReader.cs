using System.Buffers.Binary;
using Weft.Linux;

namespace Weft.Core.Output;

/// <summary>A piece of output.</summary>
/// <param name="Offset">Of its first byte, counted over all that was ever written.</param>
/// <param name="Length">Bytes in the caller's buffer; 0: there is nothing new.</param>
/// <param name="Gap">Bytes before <paramref name="Offset"/> that were overwritten before they could be read.</param>
public readonly record struct OutputPiece(ulong Offset, int Length, ulong Gap);

/// <summary>
/// Reads a ring that another process, which is not trusted, writes: by pread only, never by mmap. Gives what is whole and
/// says how much was missed. For one thread.
/// </summary>
public sealed class OutputRingReader
{
    // A writer that overtakes this often within one read writes faster than memory can be copied; the next call goes on.
    private const int MaxAttempts = 4;

    private readonly Descriptor _file;
    private readonly ulong _size;

    /// <param name="file">A ring; it stays the caller's and must stay open.</param>
    /// <param name="position">The offset to go on from.</param>
    /// <exception cref="OutputRingException">It is none.</exception>
    public OutputRingReader(Descriptor file, ulong position = 0)
    {
        _size = (ulong)OutputRing.Check(file);
        _file = file;
        Position = position;
    }

    /// <summary>The offset of the next byte.</summary>
    public ulong Position { get; private set; }

    /// <summary>The offset behind the last byte that can be read now.</summary>
    /// <exception cref="OutputRingException">The counts cannot be.</exception>
    public ulong End() => ReadCounts().Done;

    /// <summary>Reads what comes next, oldest first, as much as the buffer holds.</summary>
    /// <exception cref="OutputRingException">The counts cannot be: the writer broke the format, and nothing it says can be believed.</exception>
    public OutputPiece Read(Span<byte> buffer)
    {
        ulong gap = 0;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            (ulong begun, ulong done) = ReadCounts();
            if (done < Position)
            {
                throw new OutputRingException($"an output ring went back from {Position} bytes to {done}");
            }

            gap += MoveTo(Oldest(begun));
            if (Position >= done)
            {
                return new OutputPiece(Position, 0, gap);
            }

            int length = (int)Math.Min((ulong)buffer.Length, done - Position);
            Copy(buffer[..length], Position);

            // What was overwritten meanwhile is found now: begun moves before the bytes do.
            Interlocked.MemoryBarrier();
            ulong oldest = Oldest(ReadCounts().Begun);
            if (oldest >= Position + (ulong)length)
            {
                continue;
            }

            ulong lost = oldest > Position ? oldest - Position : 0;
            buffer[(int)lost..length].CopyTo(buffer);
            gap += lost;
            ulong first = Position + lost;
            int whole = length - (int)lost;
            Position = first + (ulong)whole;
            return new OutputPiece(first, whole, gap);
        }

        return new OutputPiece(Position, 0, gap);
    }

    /// <returns>The bytes that were passed over.</returns>
    private ulong MoveTo(ulong oldest)
    {
        if (oldest <= Position)
        {
            return 0;
        }

        ulong passed = oldest - Position;
        Position = oldest;
        return passed;
    }

    private ulong Oldest(ulong begun) => begun > _size ? begun - _size : 0;

    private (ulong Begun, ulong Done) ReadCounts()
    {
        Span<byte> counts = stackalloc byte[16];
        if (Files.ReadAt(_file, counts, OutputRing.BegunOffset) != counts.Length)
        {
            throw new OutputRingException("an output ring lost its header");
        }

        ulong begun = BinaryPrimitives.ReadUInt64LittleEndian(counts);
        ulong done = BinaryPrimitives.ReadUInt64LittleEndian(counts[(OutputRing.DoneOffset - OutputRing.BegunOffset)..]);

        // The two are read together but not at once: done may be seen newer than begun by what was written in between.
        begun = Math.Max(begun, done);
        return begun <= long.MaxValue && begun - done <= _size
            ? (begun, done)
            : throw new OutputRingException($"an output ring says that {begun} bytes were begun and {done} done, and holds {_size}");
    }

    private void Copy(Span<byte> target, ulong from)
    {
        int at = (int)(from % _size);
        int first = Math.Min(target.Length, (int)_size - at);
        ReadExactly(target[..first], at);
        ReadExactly(target[first..], 0);
    }

    private void ReadExactly(Span<byte> target, int at)
    {
        if (Files.ReadAt(_file, target, OutputRing.HeaderLength + at) != target.Length)
        {
            throw new OutputRingException("an output ring is shorter than its size");
        }
    }
}
