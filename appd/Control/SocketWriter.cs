using System.Buffers;
using System.Net.Sockets;

namespace Weft.Appd.Control;

/// <summary>
/// Writes a connection's socket: takes ready bytes from the outbox; what waits together goes out together. What the outbox sends by
/// itself it sends while nothing is left for this one to write.
/// </summary>
internal sealed class SocketWriter(Socket socket, Outbox outbox, ControlLimits limits, TimeProvider time)
{
    private const int Together = 32 * 1024; // bytes

    /// <summary>Writes until the outbox is closed and empty. Throws TimeoutException where the peer does not take a write in time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await outbox.WaitAsync(cancellationToken))
        {
            while (outbox.TryTake(out ReadOnlyMemory<byte> message))
            {
                if (outbox.Messages > 1 && message.Length < Together)
                {
                    await SendTogetherAsync(message, cancellationToken);
                }
                else
                {
                    await SendAsync(message, cancellationToken);
                    outbox.Taken(message.Length);
                }
            }
        }
    }

    /// <summary>Writes bytes past the outbox; for the last words of a connection, when <see cref="RunAsync"/> has ended.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            ValueTask<int> sending = socket.SendAsync(bytes, cancellationToken);
            int sent = sending.IsCompleted ? await sending : await sending.AsTask().WaitAsync(limits.WriteDeadline, time, cancellationToken);
            bytes = bytes[sent..];
        }
    }

    private async ValueTask SendTogetherAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        // Not given back when the send fails: it may still be read from.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Together);
        first.CopyTo(buffer);
        int filled = first.Length;
        int messages = 1;
        ReadOnlyMemory<byte> large = default;
        while (outbox.TryTake(out ReadOnlyMemory<byte> next))
        {
            if (filled + next.Length > buffer.Length)
            {
                large = next;
                break;
            }

            next.CopyTo(buffer.AsMemory(filled));
            filled += next.Length;
            messages++;
        }

        await SendAsync(buffer.AsMemory(0, filled), cancellationToken);
        ArrayPool<byte>.Shared.Return(buffer);
        outbox.Taken(filled, messages);
        if (!large.IsEmpty)
        {
            await SendAsync(large, cancellationToken);
            outbox.Taken(large.Length);
        }
    }
}
