using System.Buffers;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

// Goes away with core's codec.
internal static class ControlCodec
{
    public static string TypeOf(ControlMessage message) => message.GetType().Name;

    public static bool IsBroadcast(string name) => name.Length > 0;

    public static void WriteJson(ControlMessage message, IBufferWriter<byte> buffer, ulong? re) => throw new NotSupportedException();

    public static void WriteMessagePack(ControlMessage message, IBufferWriter<byte> buffer, ulong? re) => throw new NotSupportedException();

    public static ControlRequest ReadFrame(ReadOnlySpan<byte> frame, out ulong? seq) => throw new NotSupportedException();
}
