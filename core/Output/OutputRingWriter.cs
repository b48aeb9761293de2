using System.Runtime.InteropServices;
using Weft.Linux;

namespace Weft.Core.Output;

/// <summary>
/// Writes a ring, for the one process that owns its content (the runtime). Never waits: who reads too late misses bytes
/// and learns how many. Safe for several threads; allocates nothing.
/// </summary>
public sealed class OutputRingWriter : IDisposable
{
    // What is being written cannot be read: a small piece hides little of the old bytes from readers.
    private const int LargestPiece = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly MemoryMap _map; // guarded by _gate
    private readonly int _size;
    private ulong _written; // guarded by _gate

    /// <param name="file">A ring; it stays the caller's and may be closed.</param>
    /// <exception cref="OutputRingException">It is none.</exception>
    public OutputRingWriter(Descriptor file)
    {
        _size = OutputRing.Check(file);
        _map = MemoryFile.Map(file, OutputRing.HeaderLength + _size, writable: true);
        _written = Count(OutputRing.DoneOffset);
    }

    /// <summary>All bytes ever written.</summary>
    public ulong Written
    {
        get
        {
            lock (_gate)
            {
                return _written;
            }
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (!bytes.IsEmpty)
            {
                int length = Math.Min(bytes.Length, Math.Min(LargestPiece, _size));
                WritePiece(bytes[..length]);
                bytes = bytes[length..];
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _map.Dispose();
        }
    }

    private void WritePiece(ReadOnlySpan<byte> piece)
    {
        Volatile.Write(ref Count(OutputRing.BegunOffset), _written + (ulong)piece.Length);

        // No byte may be seen to change before begun has.
        Interlocked.MemoryBarrier();
        Span<byte> ring = _map.Bytes[OutputRing.HeaderLength..];
        int at = (int)(_written % (ulong)_size);
        int first = Math.Min(piece.Length, _size - at);
        piece[..first].CopyTo(ring[at..]);
        piece[first..].CopyTo(ring);
        _written += (ulong)piece.Length;

        // A release: done is seen after the bytes.
        Volatile.Write(ref Count(OutputRing.DoneOffset), _written);
    }

    private ref ulong Count(int offset) => ref MemoryMarshal.AsRef<ulong>(_map.Bytes[offset..]);
}
