using Weft.Appd.Web;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One message on its way to many: encoded at most once per encoding, the bytes shared by all who get it.</summary>
internal sealed class Announcement(ControlMessage message)
{
    private byte[]? _frame;
    private byte[]? _json;

    public ControlMessage Message => message;

    /// <summary>The session it is about; null for a broadcast about something else.</summary>
    public SessionId? Session => message switch
    {
        AppState state => state.SessionId,
        AppReady ready => ready.SessionId,
        LaunchAck ack => ack.SessionId,
        IpcMessage ipc => ipc.SessionId,
        Notification notification => notification.SessionId,
        _ => null,
    };

    /// <summary>The bytes as a connection of that encoding sends them. Made by who asks first: not for several threads at a time until then.</summary>
    public ReadOnlyMemory<byte> Encoded(ControlEncoding encoding) => encoding == ControlEncoding.MessagePack
        ? _frame ??= Encode(message, ControlEncoding.MessagePack)
        : _json ??= Encode(message, ControlEncoding.Json);

    /// <summary>One message as ready bytes: a frame of MessagePack for the Unix socket, or a WebSocket's frame of JSON.</summary>
    public static byte[] Encode(ControlMessage message, ControlEncoding encoding, ulong? re = null) =>
        encoding == ControlEncoding.MessagePack ? Frames.Encode(message, re) : WebSocketFrame.Encode(Opcode.Text, ControlCodec.Encode(message, encoding, re));
}
