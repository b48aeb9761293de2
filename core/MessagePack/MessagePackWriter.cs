using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Weft.Core.MessagePack;

/// <summary>Writes MessagePack values, each in its shortest format. Mirrors <see cref="MessagePackReader"/>.</summary>
public readonly ref struct MessagePackWriter(IBufferWriter<byte> output)
{
    private readonly IBufferWriter<byte> _output = output;

    public void WriteNil() => WriteByte(MessagePackCode.Nil);

    public void WriteBoolean(bool value) => WriteByte(value ? MessagePackCode.True : MessagePackCode.False);

    public void WriteUInt64(ulong value)
    {
        Span<byte> span = _output.GetSpan(9);
        switch (value)
        {
            case < 0x80:
                span[0] = (byte)value;
                _output.Advance(1);
                break;
            case <= byte.MaxValue:
                span[0] = MessagePackCode.UInt8;
                span[1] = (byte)value;
                _output.Advance(2);
                break;
            case <= ushort.MaxValue:
                span[0] = MessagePackCode.UInt16;
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
                _output.Advance(3);
                break;
            case <= uint.MaxValue:
                span[0] = MessagePackCode.UInt32;
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
                _output.Advance(5);
                break;
            default:
                span[0] = MessagePackCode.UInt64;
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
                _output.Advance(9);
                break;
        }
    }

    public void WriteInt64(long value)
    {
        if (value >= 0)
        {
            WriteUInt64((ulong)value);
            return;
        }

        Span<byte> span = _output.GetSpan(9);
        switch (value)
        {
            case >= -32:
                span[0] = (byte)value;
                _output.Advance(1);
                break;
            case >= sbyte.MinValue:
                span[0] = MessagePackCode.Int8;
                span[1] = (byte)value;
                _output.Advance(2);
                break;
            case >= short.MinValue:
                span[0] = MessagePackCode.Int16;
                BinaryPrimitives.WriteInt16BigEndian(span[1..], (short)value);
                _output.Advance(3);
                break;
            case >= int.MinValue:
                span[0] = MessagePackCode.Int32;
                BinaryPrimitives.WriteInt32BigEndian(span[1..], (int)value);
                _output.Advance(5);
                break;
            default:
                span[0] = MessagePackCode.Int64;
                BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
                _output.Advance(9);
                break;
        }
    }

    public void WriteSingle(float value)
    {
        Span<byte> span = _output.GetSpan(5);
        span[0] = MessagePackCode.Float32;
        BinaryPrimitives.WriteSingleBigEndian(span[1..], value);
        _output.Advance(5);
    }

    public void WriteDouble(double value)
    {
        Span<byte> span = _output.GetSpan(9);
        span[0] = MessagePackCode.Float64;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
        _output.Advance(9);
    }

    public void WriteString(string value) => WriteUtf8(Encoding.UTF8.GetBytes(value));

    /// <param name="utf8">Valid UTF-8.</param>
    public void WriteUtf8(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < 32)
        {
            WriteByte((byte)(MessagePackCode.FixStr | utf8.Length));
        }
        else
        {
            WriteLength(MessagePackCode.Str8, utf8.Length);
        }

        _output.Write(utf8);
    }

    public void WriteBinary(ReadOnlySpan<byte> bytes)
    {
        WriteLength(MessagePackCode.Bin8, bytes.Length);
        _output.Write(bytes);
    }

    public void WriteArrayHeader(int count) => WriteCount(MessagePackCode.FixArray, MessagePackCode.Array16, count);

    public void WriteMapHeader(int pairs) => WriteCount(MessagePackCode.FixMap, MessagePackCode.Map16, pairs);

    public void WriteExtension(sbyte type, ReadOnlySpan<byte> bytes)
    {
        int power = bytes.Length switch { 1 => 0, 2 => 1, 4 => 2, 8 => 3, 16 => 4, _ => -1 };
        if (power >= 0)
        {
            WriteByte((byte)(MessagePackCode.FixExt1 + power));
        }
        else
        {
            WriteLength(MessagePackCode.Ext8, bytes.Length);
        }

        WriteByte((byte)type);
        _output.Write(bytes);
    }

    public void WriteTimestamp(MessagePackTimestamp time)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(time.Nanoseconds, MessagePackTimestamp.NanosecondsPerSecond);
        Span<byte> bytes = stackalloc byte[12];
        if (time.Seconds is >= 0 and < 1L << 34)
        {
            ulong packed = ((ulong)time.Nanoseconds << 34) | (ulong)time.Seconds;
            if (packed <= uint.MaxValue)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)packed);
                WriteExtension(MessagePackTimestamp.ExtensionType, bytes[..4]);
            }
            else
            {
                BinaryPrimitives.WriteUInt64BigEndian(bytes, packed);
                WriteExtension(MessagePackTimestamp.ExtensionType, bytes[..8]);
            }
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, time.Nanoseconds);
            BinaryPrimitives.WriteInt64BigEndian(bytes[4..], time.Seconds);
            WriteExtension(MessagePackTimestamp.ExtensionType, bytes);
        }
    }

    private void WriteByte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    /// <summary>A code with a length of 1, 2 or 4 bytes; the three codes follow each other.</summary>
    private void WriteLength(byte code8, int length)
    {
        Span<byte> span = _output.GetSpan(5);
        switch (length)
        {
            case <= byte.MaxValue:
                span[0] = code8;
                span[1] = (byte)length;
                _output.Advance(2);
                break;
            case <= ushort.MaxValue:
                span[0] = (byte)(code8 + 1);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)length);
                _output.Advance(3);
                break;
            default:
                span[0] = (byte)(code8 + 2);
                BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
                _output.Advance(5);
                break;
        }
    }

    private void WriteCount(byte fix, byte code16, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Span<byte> span = _output.GetSpan(5);
        switch (count)
        {
            case < 16:
                span[0] = (byte)(fix | count);
                _output.Advance(1);
                break;
            case <= ushort.MaxValue:
                span[0] = code16;
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)count);
                _output.Advance(3);
                break;
            default:
                span[0] = (byte)(code16 + 1);
                BinaryPrimitives.WriteInt32BigEndian(span[1..], count);
                _output.Advance(5);
                break;
        }
    }
}
