using System.Buffers;
using Weft.Core.MessagePack;
using Xunit;

namespace Core.Tests.MessagePack;

public sealed class MessagePackReaderTests
{
    [Theory]
    [InlineData("c1", "byte 0: 0xc1 is no MessagePack format")]
    [InlineData("", "byte 0: the end stands where a value was expected")]
    [InlineData("d9", "byte 0: the end stands inside a length")]
    [InlineData("dbffffffff61", "byte 0: 4294967295 bytes are announced and only 1 are left")]
    [InlineData("ddffffffff00", "byte 0: 4294967295 elements are announced and only 1 bytes are left")]
    [InlineData("dfffffffff00", "byte 0: 4294967295 elements are announced and only 1 bytes are left")]
    [InlineData("c9ffffffff01", "byte 0: 4294967296 bytes are announced and only 1 are left")]
    [InlineData("a2c328", "byte 0: the string is not valid UTF-8")]
    public void What_is_no_value_is_an_error_that_says_where(string hex, string message)
    {
        byte[] bytes = Convert.FromHexString(hex);

        Assert.Equal(message, Assert.Throws<MessagePackException>(() => new MessagePackReader(bytes).Skip()).Message);
    }

    [Fact]
    public void Another_type_than_asked_for_is_an_error()
    {
        Assert.Equal(
            "byte 0: a value of type String was expected, not Integer",
            Assert.Throws<MessagePackException>(() => new MessagePackReader([0x07]).ReadString()).Message);
    }

    [Fact]
    public void Bytes_left_over_are_an_error()
    {
        Assert.Equal("byte 1: 2 bytes left over after the value", Assert.Throws<MessagePackException>(LeaveTwo).Message);

        static void LeaveTwo()
        {
            var reader = new MessagePackReader([0x01, 0x02, 0x03]);
            reader.ReadUInt64();
            reader.ExpectEnd();
        }
    }

    [Fact]
    public void Integers_that_do_not_fit_are_errors()
    {
        Assert.Equal("byte 0: -1 is negative", Assert.Throws<MessagePackException>(() => new MessagePackReader([0xff]).ReadUInt64()).Message);
        Assert.Throws<MessagePackException>(() => new MessagePackReader([0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0]).ReadInt64());
    }

    [Fact]
    public void Depth_is_bounded_at_32()
    {
        byte[] allowed = [.. Enumerable.Repeat((byte)0x91, MessagePackLimits.MaxDepth), 0xc0];
        var reader = new MessagePackReader(allowed);
        reader.Skip();
        Assert.True(reader.AtEnd);

        byte[] tooDeep = [.. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];
        Assert.Contains("more than 32 deep", Assert.Throws<MessagePackException>(() => new MessagePackReader(tooDeep).Skip()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d7ffffffffffffffffff")] // 34 bits of seconds, 30 of nanoseconds: more than a second
    [InlineData("d501ffff")]
    [InlineData("c703ff010203")]
    public void A_timestamp_that_is_none_is_an_error(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);

        Assert.Throws<MessagePackException>(() => new MessagePackReader(bytes).ReadTimestamp());
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Strings_byte_strings_extensions_and_arrays_of_every_length_come_back(int length)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        string text = new('x', length);
        writer.WriteString(text);
        writer.WriteBinary(new byte[length]);
        writer.WriteExtension(5, new byte[length]);
        writer.WriteMapHeader(length);
        for (int i = 0; i < length; i++)
        {
            writer.WriteInt64(-i);
            writer.WriteDouble(i);
        }

        var reader = new MessagePackReader(output.WrittenSpan);
        Assert.Equal(text, reader.ReadString());
        Assert.Equal(length, reader.ReadBinary().Length);
        Assert.Equal(length, reader.ReadExtension(out _).Length);
        Assert.Equal(length, reader.ReadMapHeader());
        for (int i = 0; i < length; i++)
        {
            Assert.Equal(-i, reader.ReadInt64());
            Assert.Equal(i, reader.ReadDouble());
        }

        reader.ExpectEnd();
    }
}
