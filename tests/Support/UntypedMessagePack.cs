using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Weft.Tests.Support;

/// <summary>
/// MessagePack to and from JSON nodes, written for the tests alone, so that a mistake of core's codec does not agree with
/// itself. Covers what control messages are made of; sizes are always written in the smallest form.
/// </summary>
public static class UntypedMessagePack
{
    public static byte[] Encode(JsonNode? node)
    {
        using var to = new MemoryStream();
        Write(to, node);
        return to.ToArray();
    }

    public static JsonNode? Decode(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        JsonNode? node = Read(bytes, ref at);
        return at == bytes.Length ? node : throw new FormatException($"{bytes.Length - at} bytes after the message");
    }

    private static void Write(MemoryStream to, JsonNode? node)
    {
        switch (node)
        {
            case null:
                to.WriteByte(0xC0);
                break;
            case JsonObject map:
                WriteHead(to, map.Count, 0x80, 16, null, 0xDE, 0xDF);
                foreach ((string key, JsonNode? value) in map)
                {
                    WriteText(to, key);
                    Write(to, value);
                }

                break;
            case JsonArray list:
                WriteHead(to, list.Count, 0x90, 16, null, 0xDC, 0xDD);
                foreach (JsonNode? value in list)
                {
                    Write(to, value);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                WriteText(to, value.GetValue<string>());
                break;
            case JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                to.WriteByte(value.GetValueKind() == JsonValueKind.True ? (byte)0xC3 : (byte)0xC2);
                break;
            default:
                WriteNumber(to, JsonSerializer.SerializeToElement(node));
                break;
        }
    }

    private static void WriteNumber(MemoryStream to, JsonElement number)
    {
        Span<byte> bytes = stackalloc byte[9];
        if (number.TryGetUInt64(out ulong whole))
        {
            if (whole < 128)
            {
                to.WriteByte((byte)whole);
                return;
            }

            bytes[0] = 0xCF;
            BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], whole);
        }
        else if (number.TryGetInt64(out long negative))
        {
            bytes[0] = 0xD3;
            BinaryPrimitives.WriteInt64BigEndian(bytes[1..], negative);
        }
        else
        {
            bytes[0] = 0xCB;
            BinaryPrimitives.WriteDoubleBigEndian(bytes[1..], number.GetDouble());
        }

        to.Write(bytes);
    }

    private static void WriteText(MemoryStream to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        WriteHead(to, bytes.Length, 0xA0, 32, 0xD9, 0xDA, 0xDB);
        to.Write(bytes);
    }

    private static void WriteHead(MemoryStream to, int count, int small, int smallLimit, byte? one, byte two, byte four)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (count < smallLimit)
        {
            to.WriteByte((byte)(small | count));
        }
        else if (one is { } code && count <= byte.MaxValue)
        {
            to.WriteByte(code);
            to.WriteByte((byte)count);
        }
        else if (count <= ushort.MaxValue)
        {
            to.WriteByte(two);
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)count);
            to.Write(bytes[..2]);
        }
        else
        {
            to.WriteByte(four);
            BinaryPrimitives.WriteInt32BigEndian(bytes, count);
            to.Write(bytes);
        }
    }

    private static JsonNode? Read(ReadOnlySpan<byte> from, ref int at)
    {
        byte code = from[at++];
        switch (code)
        {
            case < 0x80:
                return code;
            case < 0x90:
                return ReadMap(from, ref at, code & 15);
            case < 0xA0:
                return ReadList(from, ref at, code & 15);
            case < 0xC0:
                return ReadText(from, ref at, code & 31);
            case 0xC0:
                return null;
            case 0xC2 or 0xC3:
                return code == 0xC3;
            case 0xCA:
                return (double)BinaryPrimitives.ReadSingleBigEndian(Take(from, ref at, 4));
            case 0xCB:
                return BinaryPrimitives.ReadDoubleBigEndian(Take(from, ref at, 8));
            case >= 0xCC and <= 0xCF:
                return ReadUnsigned(from, ref at, 1 << (code - 0xCC));
            case 0xD0:
                return (sbyte)Take(from, ref at, 1)[0];
            case 0xD1:
                return BinaryPrimitives.ReadInt16BigEndian(Take(from, ref at, 2));
            case 0xD2:
                return BinaryPrimitives.ReadInt32BigEndian(Take(from, ref at, 4));
            case 0xD3:
                return BinaryPrimitives.ReadInt64BigEndian(Take(from, ref at, 8));
            case >= 0xD9 and <= 0xDB:
                return ReadText(from, ref at, (int)ReadUnsigned(from, ref at, 1 << (code - 0xD9)));
            case 0xDC or 0xDD:
                return ReadList(from, ref at, (int)ReadUnsigned(from, ref at, code == 0xDC ? 2 : 4));
            case 0xDE or 0xDF:
                return ReadMap(from, ref at, (int)ReadUnsigned(from, ref at, code == 0xDE ? 2 : 4));
            case >= 0xE0:
                return (sbyte)code;
            default:
                throw new FormatException($"format 0x{code:x2} has no place in a control message");
        }
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> from, ref int at, int count)
    {
        at += count;
        return from.Slice(at - count, count);
    }

    private static ulong ReadUnsigned(ReadOnlySpan<byte> from, ref int at, int width)
    {
        ulong value = 0;
        foreach (byte part in Take(from, ref at, width))
        {
            value = (value << 8) | part;
        }

        return value;
    }

    private static string ReadText(ReadOnlySpan<byte> from, ref int at, int length) => Encoding.UTF8.GetString(Take(from, ref at, length));

    private static JsonArray ReadList(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var list = new JsonArray();
        for (int i = 0; i < count; i++)
        {
            list.Add(Read(from, ref at));
        }

        return list;
    }

    private static JsonObject ReadMap(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var map = new JsonObject();
        for (int i = 0; i < count; i++)
        {
            string key = (Read(from, ref at) ?? throw new FormatException("a nil key")).GetValue<string>();
            map.Add(key, Read(from, ref at));
        }

        return map;
    }
}
