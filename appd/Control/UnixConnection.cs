using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One client of the Unix socket: frames of a length and a MessagePack map (docs/protocol.md, "Unix socket").</summary>
internal sealed class UnixConnection(ControlCore core, Socket socket)
    : ControlConnection(core, NewRequester(), Wire.Frame)
{
    private const int Prefix = sizeof(uint);
    private const int SmallBuffer = 4096; // bytes; holds several ordinary requests
    private const int WriteBuffer = 32 * 1024; // bytes; small messages that wait go out in one write

    private bool _closing; // a 413 was answered: what the peer still sends is discarded

    private static Requester NewRequester() => new()
    {
        Client = ClientId.Of(ClientId.NewResumeKey()),
        Name = "a client of the socket",
        Role = ClientRole.System,
        IsLocal = true,
    };

    protected override async Task ReadAllAsync()
    {
        byte[] buffer = new byte[SmallBuffer];
        int begin = 0;
        int end = 0;
        while (true)
        {
            if (end - begin >= Prefix)
            {
                uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(begin));
                if (length > Core.Limits.FrameBytes)
                {
                    _closing = true;
                    await RefuseAsync(
                        new ControlException(ControlCode.TooLarge, $"frame: {length} bytes were announced and {Core.Limits.FrameBytes} are the most; the connection is closed"),
                        seq: null);
                    return;
                }

                int wanted = Prefix + (int)length;
                if (end - begin >= wanted)
                {
                    await TakeAsync(buffer.AsMemory(begin + Prefix, (int)length));
                    begin += wanted;
                    continue;
                }

                if (wanted > SmallBuffer)
                {
                    if (!await TakeLargeAsync(buffer.AsMemory(begin + Prefix, end - begin - Prefix), (int)length))
                    {
                        return;
                    }

                    begin = end = 0;
                    continue;
                }
            }

            buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            end -= begin;
            begin = 0;
            ValueTask<int> receiving = socket.ReceiveAsync(buffer.AsMemory(end), Reading);
            int received = await (end > 0 ? WithinAsync(receiving, Core.Limits.FrameDeadline) : receiving);
            if (received == 0)
            {
                if (end > 0)
                {
                    await RefuseAsync(Truncated(), seq: null);
                }

                return;
            }

            end += received;
        }
    }

    protected override async Task WriteLoopAsync()
    {
        while (await Outbox.WaitAsync(Ended))
        {
            while (Outbox.TryTake(out ReadOnlyMemory<byte> message))
            {
                if (Outbox.Messages > 1 && message.Length < WriteBuffer)
                {
                    await WriteTogetherAsync(message);
                }
                else
                {
                    await SendAsync(message);
                    Outbox.Taken(message.Length);
                }
            }
        }
    }

    protected override async ValueTask CloseAsync()
    {
        try
        {
            if (_closing && Reason is null)
            {
                // Closing at once would reset the connection while the peer still writes, and it might never read the answer.
                socket.Shutdown(SocketShutdown.Send);
                byte[] discarded = new byte[SmallBuffer];
                using var deadline = new CancellationTokenSource(Core.Limits.DiscardDeadline, Core.Time);
                while (await socket.ReceiveAsync(discarded, deadline.Token) > 0)
                {
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It is closed either way.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private static ControlException Truncated() => new(ControlCode.Malformed, "frame: the connection was closed in the middle of it");

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> frame)
    {
        ControlRequest request;
        ulong? seq = null;
        try
        {
            request = ControlCodec.ReadFrame(frame.Span, out seq);
        }
        catch (ControlException malformed)
        {
            await RefuseAsync(malformed, seq);
            return;
        }

        await AcceptAsync(request, seq);
    }

    private async ValueTask<bool> TakeLargeAsync(ReadOnlyMemory<byte> already, int length)
    {
        // Not given back to the pool when the wait ends early: the receive may still write into it.
        byte[] frame = ArrayPool<byte>.Shared.Rent(length);
        already.CopyTo(frame);
        int filled = already.Length;
        while (filled < length)
        {
            int received = await WithinAsync(socket.ReceiveAsync(frame.AsMemory(filled, length - filled), Reading), Core.Limits.FrameDeadline);
            if (received == 0)
            {
                await RefuseAsync(Truncated(), seq: null);
                return false;
            }

            filled += received;
        }

        await TakeAsync(frame.AsMemory(0, length));
        ArrayPool<byte>.Shared.Return(frame);
        return true;
    }

    private async ValueTask WriteTogetherAsync(ReadOnlyMemory<byte> first)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WriteBuffer);
        first.CopyTo(buffer);
        int filled = first.Length;
        Outbox.Taken(first.Length);
        ReadOnlyMemory<byte> large = default;
        while (Outbox.TryTake(out ReadOnlyMemory<byte> next))
        {
            if (filled + next.Length > buffer.Length)
            {
                large = next;
                break;
            }

            next.CopyTo(buffer.AsMemory(filled));
            filled += next.Length;
            Outbox.Taken(next.Length);
        }

        await SendAsync(buffer.AsMemory(0, filled));
        ArrayPool<byte>.Shared.Return(buffer);
        if (!large.IsEmpty)
        {
            await SendAsync(large);
            Outbox.Taken(large.Length);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await WithinAsync(socket.SendAsync(bytes, Ended), Core.Limits.WriteDeadline);
            bytes = bytes[sent..];
        }
    }

    /// <summary>The result, or TimeoutException; costs nothing where the work is done at once.</summary>
    private ValueTask<int> WithinAsync(ValueTask<int> work, TimeSpan deadline) =>
        work.IsCompleted ? work : new ValueTask<int>(work.AsTask().WaitAsync(deadline, Core.Time));
}
