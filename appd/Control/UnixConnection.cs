using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One client of the Unix socket: frames of a length and a MessagePack map (docs/protocol.md, "Unix socket").</summary>
internal sealed class UnixConnection(ControlCore core, Socket socket)
    : ControlConnection(core, socket, NewRequester(), ControlEncoding.MessagePack)
{
    private const int DiscardBuffer = 4096; // bytes

    private bool _closing; // a 413 was answered: what the peer still sends is discarded
    private bool _waits; // for bytes of a frame
    private ulong _frames; // read so far
    private ulong _looked; // the number of the frame that was incomplete at the last look; 0: none was

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
        await using ITimer looks = Core.Time.CreateTimer(_ => Look(frames), null, Core.Limits.FrameDeadline, Core.Limits.FrameDeadline);
        while (true)
        {
            _waits = true;
            FrameResult frame = await frames.ReadAsync(Reading);
            _waits = false;
            _frames++;
            switch (frame.Status)
            {
                case FrameStatus.Frame:
                    await TakeAsync(ControlCodec.ReadRequest(frame.Payload.Span, ControlEncoding.MessagePack));
                    break;
                case FrameStatus.Empty:
                    await TakeAsync(new ReceivedRequest(null, frame.Error, Type: null, Seq: null));
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

    /// <summary>Ends the connection where the frame that was incomplete at the last look still is. Idle ones, with no part of a frame, may stay.</summary>
    private void Look(FrameReader reader)
    {
        lock (Core.Announcements.Gate)
        {
            bool incomplete = Volatile.Read(ref _waits) && reader.HasPart;
            ulong now = Volatile.Read(ref _frames) + 1;
            if (incomplete && _looked == now)
            {
                var late = new ErrorReply { Code = ControlCode.Malformed, Message = $"frame: it was not complete within {Core.Limits.FrameDeadline.TotalSeconds} s, and the connection is closed" };
                Subscriber.Reply(late, re: null);
                Finish(new Farewell(Web.CloseCode.Policy, "half a frame"));
            }

            _looked = incomplete ? now : 0;
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
