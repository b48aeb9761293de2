using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Weft.Appd.Compositor;

/// <summary>One connection to a compositor. Sends at once where the socket takes it, else from a bounded queue.</summary>
internal sealed class CompositorConnection(Socket socket) : IDisposable
{
    /// <summary>Bytes that may wait for a compositor that does not read: some ten thousand surfaces.</summary>
    private const int MostWaiting = 1024 * 1024;

    /// <summary>The largest frame (docs/protocol.md).</summary>
    private const int LargestFrame = 4 * 1024 * 1024;

    private readonly Lock _gate = new(); // inside the link's
    private readonly Queue<byte[]> _waiting = new(); // guarded by _gate, as below
    private int _waitingBytes;
    private bool _sending;
    private bool _broken;

    public delegate void Frame(ReadOnlySpan<byte> frame);

    /// <summary>Sends a frame, in order; never waits.</summary>
    public void Send(byte[] frame)
    {
        lock (_gate)
        {
            if (_broken)
            {
                return;
            }

            if (_waitingBytes + frame.Length > MostWaiting)
            {
                // It does not read. Without this connection it gets all of it again.
                Break();
                return;
            }

            _waiting.Enqueue(frame);
            _waitingBytes += frame.Length;
            if (!_sending)
            {
                _sending = true;
                _ = PumpAsync();
            }
        }
    }

    /// <summary>Reads frames until the end; says why it ended.</summary>
    public async Task<string> ReadAsync(Frame take, CancellationToken cancellationToken)
    {
        byte[] head = new byte[4];
        while (true)
        {
            if (!await FillAsync(head, cancellationToken))
            {
                return "it closed the connection";
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
            if (length > LargestFrame)
            {
                return $"it announced a frame of {length} bytes; {LargestFrame} are taken";
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, 64 * 1024));
            try
            {
                // Memory follows what arrives, not what is announced.
                int filled = 0;
                while (filled < length)
                {
                    if (filled == buffer.Length)
                    {
                        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, buffer.Length * 2L));
                        buffer.AsSpan(0, filled).CopyTo(larger);
                        ArrayPool<byte>.Shared.Return(buffer);
                        buffer = larger;
                    }

                    int count = await socket.ReceiveAsync(buffer.AsMemory(filled, (int)Math.Min(length - filled, buffer.Length - filled)), cancellationToken);
                    if (count == 0)
                    {
                        return "it closed the connection inside a frame";
                    }

                    filled += count;
                }

                take(buffer.AsSpan(0, filled));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _broken = true;
            _waiting.Clear();
        }

        socket.Dispose();
    }

    private async ValueTask<bool> FillAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        for (int filled = 0; filled < buffer.Length;)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (count == 0)
            {
                return false;
            }

            filled += count;
        }

        return true;
    }

    /// <summary>Sends what waits: on the caller's thread as long as the socket takes it at once, the rest goes on by itself.</summary>
    private async Task PumpAsync()
    {
        while (true)
        {
            byte[] frame;
            lock (_gate)
            {
                if (_broken || !_waiting.TryDequeue(out frame!))
                {
                    _sending = false;
                    return;
                }

                _waitingBytes -= frame.Length;
            }

            try
            {
                for (int sent = 0; sent < frame.Length;)
                {
                    sent += await socket.SendAsync(frame.AsMemory(sent), SocketFlags.None);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    Break();
                }

                return;
            }
        }
    }

    /// <summary>The reading side sees the end and closes. The caller holds the gate.</summary>
    private void Break()
    {
        _broken = true;
        _waiting.Clear();
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }
}
