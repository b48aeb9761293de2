using System.Buffers;
using System.Buffers.Binary;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>How a connection wants its messages.</summary>
internal enum Wire
{
    /// <summary>MessagePack with the frame's length before it.</summary>
    Frame,

    /// <summary>JSON text.</summary>
    Json,
}

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

    /// <summary>The bytes for <paramref name="wire"/>. Not for several threads at a time: the gate is held.</summary>
    public ReadOnlyMemory<byte> Encoded(Wire wire) =>
        wire == Wire.Frame ? _frame ??= Encode(message, Wire.Frame) : _json ??= Encode(message, Wire.Json);

    /// <summary>One message as ready bytes.</summary>
    public static byte[] Encode(ControlMessage message, Wire wire, ulong? re = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        if (wire == Wire.Json)
        {
            ControlCodec.WriteJson(message, buffer, re: re);
            return buffer.WrittenSpan.ToArray();
        }

        const int prefix = sizeof(uint);
        buffer.GetSpan(prefix);
        buffer.Advance(prefix);
        ControlCodec.WriteMessagePack(message, buffer, re: re);
        byte[] frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - prefix));
        return frame;
    }
}
