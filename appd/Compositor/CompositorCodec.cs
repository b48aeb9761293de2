using System.Buffers;
using System.Buffers.Binary;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;

namespace Weft.Appd.Compositor;

/// <summary>What a compositor says: either of the two numbers is set.</summary>
/// <param name="IsReady"><c>surface_ready</c>, else <c>client_disconnected</c>.</param>
internal sealed record CompositorMessage(bool IsReady, SessionId? SessionId, int? Pid);

/// <summary>The messages between appd and a compositor: MessagePack maps with a <c>type</c> (docs/protocol.md, "Compositor socket").</summary>
internal static class CompositorCodec
{
    public static byte[] Created(Surface surface)
    {
        ArrayBufferWriter<byte> buffer = Begin(4, "app_surface_created", out MessagePackWriter writer);
        writer.WriteString("app_id");
        writer.WriteString(surface.AppId);
        writer.WriteString("session_id");
        writer.WriteUInt64(surface.SessionId.Value);
        writer.WriteString("pid");
        writer.WriteInt64(surface.Pid);
        return Finish(buffer);
    }

    public static byte[] Destroyed(SessionId session) => OfSession("app_surface_destroyed", session);

    public static byte[] Focus(SessionId session) => OfSession("app_focus_request", session);

    /// <summary>Reads one frame; null, and why, where it is nothing that appd knows.</summary>
    public static CompositorMessage? Read(ReadOnlySpan<byte> frame, out string problem)
    {
        try
        {
            var reader = new MessagePackReader(frame);
            string type = "";
            ulong? session = null;
            ulong? pid = null;
            for (int left = reader.ReadMapHeader(); left > 0; left--)
            {
                string name = reader.PeekType() == MessagePackType.String ? reader.ReadString() : "";
                switch (name)
                {
                    case "type":
                        type = reader.ReadString();
                        break;
                    case "session_id":
                        session = reader.ReadUInt64();
                        break;
                    case "pid":
                        pid = reader.ReadUInt64();
                        break;
                    case "":
                        reader.Skip();
                        reader.Skip();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            reader.ExpectEnd();
            problem = type switch
            {
                "surface_ready" => session is null or 0 or > SessionId.MaxValue ? "surface_ready without a session_id" : "",
                "client_disconnected" => pid is null or 0 or > int.MaxValue ? "client_disconnected without a pid" : "",
                _ => $"unknown type '{Core.Apps.Printable.Quote(type)}'",
            };
            if (problem.Length > 0)
            {
                return null;
            }

            return type == "surface_ready"
                ? new CompositorMessage(true, new SessionId(session!.Value), null)
                : new CompositorMessage(false, null, (int)pid!.Value);
        }
        catch (MessagePackException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private static byte[] OfSession(string type, SessionId session)
    {
        ArrayBufferWriter<byte> buffer = Begin(2, type, out MessagePackWriter writer);
        writer.WriteString("session_id");
        writer.WriteUInt64(session.Value);
        return Finish(buffer);
    }

    private static ArrayBufferWriter<byte> Begin(int pairs, string type, out MessagePackWriter writer)
    {
        var buffer = new ArrayBufferWriter<byte>(160);
        buffer.GetSpan(4);
        buffer.Advance(4);
        writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(pairs);
        writer.WriteString("type");
        writer.WriteString(type);
        return buffer;
    }

    private static byte[] Finish(ArrayBufferWriter<byte> buffer)
    {
        byte[] frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - 4));
        return frame;
    }
}
