using System.Buffers.Binary;
using System.Text.Unicode;

namespace Weft.Core.MessagePack;

/// <summary>
/// Reads MessagePack values from a span, all formats. A length is checked against the bytes that are left before anything
/// is made of it; reading past the end, a value of another type, invalid UTF-8 and bytes left over are errors.
/// </summary>
public ref struct MessagePackReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Where the next value begins.</summary>
    public int Offset { get; private set; }

    public readonly bool AtEnd => Offset == _data.Length;

    /// <summary>The type of the next value.</summary>
    /// <exception cref="MessagePackException">Nothing is left, or the byte begins no value.</exception>
    public readonly MessagePackType PeekType()
    {
        byte code = Peek();
        return code switch
        {
            < MessagePackCode.FixMap or >= MessagePackCode.NegativeFixInt => MessagePackType.Integer,
            < MessagePackCode.FixArray => MessagePackType.Map,
            < MessagePackCode.FixStr => MessagePackType.Array,
            < MessagePackCode.Nil => MessagePackType.String,
            MessagePackCode.Nil => MessagePackType.Nil,
            MessagePackCode.NeverUsed => throw Error("0xc1 is no MessagePack format"),
            MessagePackCode.False or MessagePackCode.True => MessagePackType.Boolean,
            <= MessagePackCode.Bin32 => MessagePackType.Binary,
            <= MessagePackCode.Ext32 => MessagePackType.Extension,
            <= MessagePackCode.Float64 => MessagePackType.Float,
            <= MessagePackCode.Int64 => MessagePackType.Integer,
            <= MessagePackCode.FixExt16 => MessagePackType.Extension,
            <= MessagePackCode.Str32 => MessagePackType.String,
            <= MessagePackCode.Array32 => MessagePackType.Array,
            _ => MessagePackType.Map,
        };
    }

    public void ReadNil()
    {
        Expect(MessagePackType.Nil);
        Offset++;
    }

    public bool ReadBoolean()
    {
        Expect(MessagePackType.Boolean);
        return _data[Offset++] == MessagePackCode.True;
    }

    /// <summary>An integer of any format that is not negative.</summary>
    public ulong ReadUInt64()
    {
        int start = Offset;
        ulong bits = ReadInteger(out bool negative);
        return negative ? throw new MessagePackException($"{(long)bits} is negative", start) : bits;
    }

    /// <summary>An integer of any format that fits into a long.</summary>
    public long ReadInt64()
    {
        int start = Offset;
        ulong bits = ReadInteger(out bool negative);
        return negative || bits <= long.MaxValue ? (long)bits : throw new MessagePackException($"{bits} is above {long.MaxValue}", start);
    }

    /// <summary>An integer of any format: the value itself, or a long's bits where it is negative.</summary>
    public ulong ReadInteger(out bool negative)
    {
        Expect(MessagePackType.Integer);
        byte code = _data[Offset];
        if (code < MessagePackCode.FixMap)
        {
            Offset++;
            negative = false;
            return code;
        }

        long signed;
        switch (code)
        {
            case MessagePackCode.UInt8:
                negative = false;
                return Take(1, 1)[0];
            case MessagePackCode.UInt16:
                negative = false;
                return BinaryPrimitives.ReadUInt16BigEndian(Take(1, 2));
            case MessagePackCode.UInt32:
                negative = false;
                return BinaryPrimitives.ReadUInt32BigEndian(Take(1, 4));
            case MessagePackCode.UInt64:
                negative = false;
                return BinaryPrimitives.ReadUInt64BigEndian(Take(1, 8));
            case MessagePackCode.Int8:
                signed = (sbyte)Take(1, 1)[0];
                break;
            case MessagePackCode.Int16:
                signed = BinaryPrimitives.ReadInt16BigEndian(Take(1, 2));
                break;
            case MessagePackCode.Int32:
                signed = BinaryPrimitives.ReadInt32BigEndian(Take(1, 4));
                break;
            case MessagePackCode.Int64:
                signed = BinaryPrimitives.ReadInt64BigEndian(Take(1, 8));
                break;
            default: // negative fixint
                Offset++;
                signed = (sbyte)code;
                break;
        }

        negative = signed < 0;
        return (ulong)signed;
    }

    /// <summary>A float of either size.</summary>
    public double ReadDouble()
    {
        Expect(MessagePackType.Float);
        return _data[Offset] == MessagePackCode.Float32
            ? BinaryPrimitives.ReadSingleBigEndian(Take(1, 4))
            : BinaryPrimitives.ReadDoubleBigEndian(Take(1, 8));
    }

    /// <summary>The bytes of a string, which are valid UTF-8.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        Expect(MessagePackType.String);
        int start = Offset;
        byte code = _data[Offset];
        ReadOnlySpan<byte> text = code < MessagePackCode.Nil
            ? Take(1, (uint)(code & 0x1f))
            : TakeCounted(code - MessagePackCode.Str8);
        return Utf8.IsValid(text) ? text : throw new MessagePackException("the string is not valid UTF-8", start);
    }

    public string ReadString() => System.Text.Encoding.UTF8.GetString(ReadUtf8());

    public ReadOnlySpan<byte> ReadBinary()
    {
        Expect(MessagePackType.Binary);
        return TakeCounted(_data[Offset] - MessagePackCode.Bin8);
    }

    /// <summary>The bytes of an extension value.</summary>
    public ReadOnlySpan<byte> ReadExtension(out sbyte type)
    {
        Expect(MessagePackType.Extension);
        byte code = _data[Offset];
        if (code >= MessagePackCode.FixExt1)
        {
            uint length = 1u << (code - MessagePackCode.FixExt1);
            ReadOnlySpan<byte> all = Take(1, length + 1);
            type = (sbyte)all[0];
            return all[1..];
        }

        int width = 1 << (code - MessagePackCode.Ext8);
        uint counted = ReadLength(1, width);
        ReadOnlySpan<byte> typed = Take(1 + width, (ulong)counted + 1);
        type = (sbyte)typed[0];
        return typed[1..];
    }

    /// <summary>The timestamp extension, in any of its three forms.</summary>
    public MessagePackTimestamp ReadTimestamp()
    {
        int start = Offset;
        ReadOnlySpan<byte> bytes = ReadExtension(out sbyte type);
        if (type != MessagePackTimestamp.ExtensionType)
        {
            throw new MessagePackException($"a timestamp was expected, not an extension of type {type}", start);
        }

        MessagePackTimestamp time;
        switch (bytes.Length)
        {
            case 4:
                time = new MessagePackTimestamp(BinaryPrimitives.ReadUInt32BigEndian(bytes), 0);
                break;
            case 8:
                ulong packed = BinaryPrimitives.ReadUInt64BigEndian(bytes);
                time = new MessagePackTimestamp((long)(packed & ((1UL << 34) - 1)), (uint)(packed >> 34));
                break;
            case 12:
                time = new MessagePackTimestamp(BinaryPrimitives.ReadInt64BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt32BigEndian(bytes));
                break;
            default:
                throw new MessagePackException($"a timestamp has 4, 8 or 12 bytes, not {bytes.Length}", start);
        }

        return time.Nanoseconds < MessagePackTimestamp.NanosecondsPerSecond
            ? time
            : throw new MessagePackException($"a timestamp of {time.Nanoseconds} nanoseconds", start);
    }

    /// <summary>The number of elements that follow; each has at least one byte, so there are as many bytes left.</summary>
    public int ReadArrayHeader()
    {
        Expect(MessagePackType.Array);
        return ReadCount(MessagePackCode.FixArray, MessagePackCode.Array16, bytesEach: 1);
    }

    /// <summary>The number of pairs that follow.</summary>
    public int ReadMapHeader()
    {
        Expect(MessagePackType.Map);
        return ReadCount(MessagePackCode.FixMap, MessagePackCode.Map16, bytesEach: 2);
    }

    /// <summary>Passes over the next value and all that is inside it, which may be as deep as <see cref="MessagePackLimits.MaxDepth"/>.</summary>
    public void Skip()
    {
        Span<long> left = stackalloc long[MessagePackLimits.MaxDepth + 1];
        int depth = 0;
        left[0] = 1;
        while (true)
        {
            while (left[depth] == 0)
            {
                if (depth-- == 0)
                {
                    return;
                }
            }

            left[depth]--;
            long inside = SkipOne();
            if (inside >= 0)
            {
                if (++depth > MessagePackLimits.MaxDepth)
                {
                    throw Error($"arrays and maps more than {MessagePackLimits.MaxDepth} deep");
                }

                left[depth] = inside;
            }
        }
    }

    /// <summary>Nothing may be left.</summary>
    public readonly void ExpectEnd()
    {
        if (!AtEnd)
        {
            throw Error($"{_data.Length - Offset} bytes left over after the value");
        }
    }

    /// <returns>The number of values inside, -1 for what has none.</returns>
    private long SkipOne()
    {
        switch (PeekType())
        {
            case MessagePackType.Array:
                return ReadArrayHeader();
            case MessagePackType.Map:
                return 2L * ReadMapHeader();
            case MessagePackType.Nil or MessagePackType.Boolean:
                Offset++;
                return -1;
            case MessagePackType.Integer:
                ReadInteger(out _);
                return -1;
            case MessagePackType.Float:
                ReadDouble();
                return -1;
            case MessagePackType.String:
                ReadUtf8();
                return -1;
            case MessagePackType.Binary:
                ReadBinary();
                return -1;
            default:
                ReadExtension(out _);
                return -1;
        }
    }

    private int ReadCount(byte fix, byte code16, int bytesEach)
    {
        byte code = _data[Offset];
        uint count;
        int header;
        if (code < fix + 16)
        {
            count = (uint)(code & 0x0f);
            header = 1;
        }
        else
        {
            int width = code == code16 ? 2 : 4;
            count = ReadLength(1, width);
            header = 1 + width;
        }

        int left = _data.Length - Offset - header;
        if ((ulong)count * (ulong)bytesEach > (ulong)left)
        {
            throw Error($"{count} elements are announced and only {left} bytes are left");
        }

        Offset += header;
        return (int)count;
    }

    /// <summary>Bytes whose count stands behind the code, in 1, 2 or 4 bytes.</summary>
    private ReadOnlySpan<byte> TakeCounted(int widthPower)
    {
        int width = 1 << widthPower;
        return Take(1 + width, ReadLength(1, width));
    }

    private readonly uint ReadLength(int skip, int width)
    {
        if (_data.Length - Offset - skip < width)
        {
            throw Error("the end stands inside a length");
        }

        ReadOnlySpan<byte> bytes = _data[(Offset + skip)..];
        return width switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
    }

    private ReadOnlySpan<byte> Take(int skip, ulong length)
    {
        int left = _data.Length - Offset - skip;
        if (left < 0 || length > (ulong)left)
        {
            throw Error($"{length} bytes are announced and only {Math.Max(left, 0)} are left");
        }

        ReadOnlySpan<byte> taken = _data.Slice(Offset + skip, (int)length);
        Offset += skip + (int)length;
        return taken;
    }

    private readonly void Expect(MessagePackType expected)
    {
        MessagePackType found = PeekType();
        if (found != expected)
        {
            throw Error($"a value of type {expected} was expected, not {found}");
        }
    }

    private readonly byte Peek() => Offset < _data.Length ? _data[Offset] : throw Error("the end stands where a value was expected");

    private readonly MessagePackException Error(string message) => new(message, Offset);
}
