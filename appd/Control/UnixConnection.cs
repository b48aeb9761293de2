using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One client of the Unix socket: frames of a length and a MessagePack map (docs/protocol.md, "Unix socket").</summary>
internal sealed class UnixConnection(ControlCore core, Socket socket)
    : ControlConnection(core, socket, NewRequester(), ControlEncoding.MessagePack)
{
    private const int DiscardBuffer = 4096; // bytes

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
        await using var stream = new NetworkStream(Socket, ownsSocket: false);
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

    protected override async ValueTask CloseAsync()
    {
        try
        {
            if (_closing && Reason is null)
            {
                // Closing at once would reset the connection while the peer still writes, and it might never read the answer.
                Socket.Shutdown(SocketShutdown.Send);
                byte[] discarded = new byte[DiscardBuffer];
                using var deadline = new CancellationTokenSource(Core.Limits.DiscardDeadline, Core.Time);
                while (await Socket.ReceiveAsync(discarded, deadline.Token) > 0)
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
            Socket.Dispose();
        }
    }
}
