using System.Buffers;
using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One client of the Unix socket: frames of a length and a MessagePack map (docs/protocol.md, "Unix socket").</summary>
internal sealed class UnixConnection(ControlCore core, Socket socket)
    : ControlConnection(core, NewRequester(), ControlEncoding.MessagePack)
{
    private const int DiscardBuffer = 4096; // bytes
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
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        using var frames = new FrameReader(stream, Core.Limits.FrameBytes);
        while (true)
        {
            FrameResult frame = await frames.ReadAsync(Reading);
            switch (frame.Status)
            {
                case FrameStatus.Frame:
                    await TakeAsync(ControlCodec.ReadRequest(frame.Payload.Span, ControlEncoding.MessagePack));
                    break;
                case FrameStatus.Empty:
                    await RefuseAsync(frame.Error!, seq: null);
                    break;
                case FrameStatus.TooLarge:
                    _closing = true;
                    await RefuseAsync(frame.Error!, seq: null);
                    return;
                case FrameStatus.Cut:
                    await RefuseAsync(new ErrorReply { Code = ControlCode.Malformed, Message = "frame: the connection was closed in the middle of it" }, seq: null);
                    return;
                default:
                    return;
            }
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
                byte[] discarded = new byte[DiscardBuffer];
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
