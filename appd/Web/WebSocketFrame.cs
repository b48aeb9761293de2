using System.Buffers.Binary;

namespace Weft.Appd.Web;

/// <summary>Kinds of WebSocket frames (RFC 6455, 5.2).</summary>
internal enum Opcode : byte
{
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// <summary>Why a connection is closed (RFC 6455, 7.4.1).</summary>
internal enum CloseCode : ushort
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,
    InvalidText = 1007,
    Policy = 1008,
    TooBig = 1009,
    ServiceRestart = 1012,
}

/// <summary>
/// Frames as a server writes them: never masked, so one frame is the same bytes for every client and a broadcast is framed once.
/// </summary>
internal static class WebSocketFrame
{
    /// <summary>Payload of a control frame may have this many bytes (RFC 6455, 5.5).</summary>
    public const int ControlPayload = 125;

    private const byte Final = 0x80;

    /// <summary>One whole message as one frame.</summary>
    public static byte[] Encode(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        const int shortest = 126;
        int header = payload.Length < shortest ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10;
        byte[] frame = new byte[header + payload.Length];
        frame[0] = (byte)(Final | (byte)opcode);
        switch (header)
        {
            case 2:
                frame[1] = (byte)payload.Length;
                break;
            case 4:
                frame[1] = shortest;
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
                break;
            default:
                frame[1] = shortest + 1;
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
                break;
        }

        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }

    /// <summary>A close frame with its code and a short reason.</summary>
    public static byte[] Close(CloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[ControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        System.Text.Unicode.Utf8.FromUtf16(reason, payload[2..], out _, out int written);
        return Encode(Opcode.Close, payload[..(2 + written)]);
    }
}

/// <summary>The peer broke the WebSocket protocol or a limit; the connection is closed with that code.</summary>
internal sealed class WebSocketViolation(CloseCode code, string reason) : Exception(reason)
{
    public CloseCode Code => code;
}
