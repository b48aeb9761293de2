using System.Buffers.Binary;
using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Core.Tests.Output;

public sealed class OutputRingTests
{
    [Fact]
    public void What_was_written_is_read_in_order()
    {
        using Descriptor file = OutputRing.Create("test");
        using var writer = new OutputRingWriter(file);
        var reader = new OutputRingReader(file);
        byte[] buffer = new byte[8];

        Assert.Equal(new OutputPiece(0, 0, 0), reader.Read(buffer));
        writer.Write("hello, "u8);
        writer.Write("world"u8);

        Assert.Equal(12ul, reader.End());
        Assert.Equal(new OutputPiece(0, 8, 0), reader.Read(buffer));
        Assert.Equal("hello, w"u8.ToArray(), buffer);
        Assert.Equal(new OutputPiece(8, 4, 0), reader.Read(buffer));
        Assert.Equal("orld"u8.ToArray(), buffer[..4]);
        Assert.Equal(12ul, reader.Position);
    }

    [Fact]
    public void A_reader_that_is_too_late_gets_what_is_held_and_how_much_it_missed()
    {
        using Descriptor file = OutputRing.Create("test", 100);
        using var writer = new OutputRingWriter(file);
        var reader = new OutputRingReader(file);
        byte[] all = Enumerable.Range(0, 250).Select(i => (byte)i).ToArray();
        writer.Write(all);
        byte[] buffer = new byte[1000];

        OutputPiece piece = reader.Read(buffer);

        Assert.Equal(new OutputPiece(150, 100, 150), piece);
        Assert.Equal(all[150..], buffer[..100]);
    }

    [Fact]
    public void A_writer_and_a_reader_that_come_later_go_on()
    {
        using Descriptor file = OutputRing.Create("test", 100);
        using (var first = new OutputRingWriter(file))
        {
            first.Write(new byte[130]);
        }

        using var second = new OutputRingWriter(file);
        second.Write([7]);

        Assert.Equal(131ul, second.Written);
        byte[] buffer = new byte[10];
        Assert.Equal(new OutputPiece(130, 1, 0), new OutputRingReader(file, 130).Read(buffer));
        Assert.Equal(7, buffer[0]);
    }

    /// <summary>Every byte is a function of its offset, so a torn one is seen.</summary>
    [Theory]
    [InlineData(64 * 1024, 64 * 1024)]
    [InlineData(1000, 700)]
    [InlineData(1000, 4000)]
    public void No_byte_is_torn_while_one_writes_and_one_reads(int size, int bufferSize)
    {
        const ulong total = 40_000_000;
        using Descriptor file = OutputRing.Create("test", size);
        using var started = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            using var writer = new OutputRingWriter(file);
            var random = new Random(1);
            byte[] piece = new byte[3000];
            started.Set();
            for (ulong at = 0; at < total;)
            {
                int length = (int)Math.Min((ulong)random.Next(1, piece.Length), total - at);
                for (int i = 0; i < length; i++)
                {
                    piece[i] = ByteAt(at + (ulong)i);
                }

                writer.Write(piece.AsSpan(0, length));
                at += (ulong)length;
            }
        });
        thread.Start();
        started.Wait();

        var reader = new OutputRingReader(file);
        byte[] buffer = new byte[bufferSize];
        ulong expected = 0;
        ulong read = 0;
        ulong missed = 0;
        while (expected < total)
        {
            OutputPiece piece = reader.Read(buffer);
            Assert.Equal(expected + piece.Gap, piece.Offset);
            for (int i = 0; i < piece.Length; i++)
            {
                if (buffer[i] != ByteAt(piece.Offset + (ulong)i))
                {
                    Assert.Fail($"the byte at {piece.Offset + (ulong)i} is torn");
                }
            }

            expected = piece.Offset + (ulong)piece.Length;
            read += (ulong)piece.Length;
            missed += piece.Gap;
        }

        thread.Join();
        Assert.Equal(total, read + missed);
        Assert.NotEqual(0ul, read);
    }

    [Fact]
    public void Only_a_memory_file_of_sealed_size_is_a_ring()
    {
        using Descriptor open = MemoryFile.Create("test", 1000, MemorySeals.None);
        Assert.Equal("an output ring must be a memory file of sealed size", Assert.Throws<OutputRingException>(() => new OutputRingReader(open)).Message);

        using Descriptor empty = MemoryFile.Create("test", 1000);
        Assert.Equal("the memory file is no output ring", Assert.Throws<OutputRingException>(() => new OutputRingReader(empty)).Message);

        using Descriptor null_ = Files.Open("/dev/null", OpenFlags.ReadOnly);
        Assert.Throws<OutputRingException>(() => new OutputRingReader(null_));
    }

    [Theory]
    [InlineData(8, 2, "an output ring of format 2; this version knows 1")]
    [InlineData(12, 99, "an output ring says that it holds 99 bytes, and its file has room for 100")]
    public void A_header_that_cannot_be_is_refused(int offset, int value, string message)
    {
        using Descriptor file = OutputRing.Create("test", 100);
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Files.WriteAt(file, bytes, offset);

        Assert.Equal(message, Assert.Throws<OutputRingException>(() => new OutputRingReader(file)).Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    [InlineData(0x7fff_ffff_ffff_ffff, 5)]
    [InlineData(500, 100)]
    [InlineData(5, 5)]
    public void Counts_that_cannot_be_end_the_reading(ulong begun, ulong done)
    {
        using Descriptor file = OutputRing.Create("test", 100);
        using var writer = new OutputRingWriter(file);
        var reader = new OutputRingReader(file);
        writer.Write(new byte[50]);
        reader.Read(new byte[100]);
        byte[] counts = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(counts, begun);
        BinaryPrimitives.WriteUInt64LittleEndian(counts.AsSpan(8), done);
        Files.WriteAt(file, counts, 16);

        Assert.Throws<OutputRingException>(() => reader.Read(new byte[100]));
    }

    private static byte ByteAt(ulong offset) => (byte)((offset * 2654435761) >> 13);
}
