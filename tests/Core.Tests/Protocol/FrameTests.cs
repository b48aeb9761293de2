using System.Buffers.Binary;
using Weft.Core.Protocol;
using Xunit;

namespace Core.Tests.Protocol;

public sealed class FrameTests
{
    [Fact]
    public async Task Frames_come_whole_however_they_are_cut()
    {
        byte[] all = [.. Frames.Wrap([1]), .. Frames.Wrap(new byte[5000]), .. Frames.Wrap([2, 3]), .. Frames.Wrap(new byte[Frames.MaxLength])];
        foreach (int piece in (int[])[1, 3, 1000, 5_000_000])
        {
            using var reader = new FrameReader(new Pieces(all, piece));
            Assert.Equal([1], (await reader.ReadAsync(default)).Payload.ToArray());
            Assert.Equal(5000, (await reader.ReadAsync(default)).Payload.Length);
            Assert.Equal([2, 3], (await reader.ReadAsync(default)).Payload.ToArray());
            Assert.Equal(Frames.MaxLength, (await reader.ReadAsync(default)).Payload.Length);
            Assert.Equal(FrameStatus.End, (await reader.ReadAsync(default)).Status);
            Assert.Equal(FrameStatus.End, (await reader.ReadAsync(default)).Status);
        }
    }

    [Fact]
    public async Task A_frame_above_the_limit_is_told_and_nothing_is_read_after_it()
    {
        byte[] bytes = [.. Header(Frames.MaxLength + 1), .. Frames.Wrap([1])];
        using var reader = new FrameReader(new Pieces(bytes, 100));

        FrameResult result = await reader.ReadAsync(default);

        Assert.Equal(FrameStatus.TooLarge, result.Status);
        Assert.Equal(413, result.Error!.Code);
        Assert.Equal("a frame of 4194305 bytes; at most 4194304 are read, and the connection is closed", result.Error.Message);
        Assert.Equal(FrameStatus.End, (await reader.ReadAsync(default)).Status);
    }

    [Fact]
    public async Task A_frame_of_nothing_is_an_error_and_the_next_one_is_read()
    {
        using var reader = new FrameReader(new Pieces([0, 0, 0, 0, .. Frames.Wrap([7])], 100));

        FrameResult empty = await reader.ReadAsync(default);

        Assert.Equal(FrameStatus.Empty, empty.Status);
        Assert.Equal(400, empty.Error!.Code);
        Assert.Equal([7], (await reader.ReadAsync(default)).Payload.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    public async Task An_end_inside_a_frame_is_a_cut(int length)
    {
        using var reader = new FrameReader(new Pieces(Frames.Wrap([1, 2, 3])[..length], 100));

        Assert.Equal(FrameStatus.Cut, (await reader.ReadAsync(default)).Status);
    }

    [Fact]
    public async Task Hundred_announced_frames_that_never_come_cost_nothing()
    {
        FrameReader[] readers = [.. Enumerable.Range(0, 100).Select(_ => new FrameReader(new Announced()))];
        _ = readers[0].ReadAsync(default).AsTask();

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (FrameReader reader in readers[1..])
        {
            Assert.False(reader.ReadAsync(default).AsTask().IsCompleted);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 99 * 2048);
    }

    [Fact]
    public void A_message_becomes_one_frame()
    {
        byte[] frame = Frames.Encode(new Ok(), 3);

        Assert.Equal(frame.Length - 4, BinaryPrimitives.ReadInt32LittleEndian(frame));
        Assert.Equal(ControlCodec.Encode(new Ok(), ControlEncoding.MessagePack, 3), frame[4..]);
    }

    [Fact]
    public void A_message_above_the_limit_is_not_sent()
    {
        ControlException e = Assert.Throws<ControlException>(() => Frames.Encode(new IpcMessage { SessionId = new SessionId(1), Payload = new string('x', Frames.MaxLength) }));

        Assert.Equal(413, e.Code);
    }

    private static byte[] Header(int length)
    {
        byte[] header = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        return header;
    }

    /// <summary>Gives at most <paramref name="piece"/> bytes a read.</summary>
    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
    }

    /// <summary>Announces 4 MiB and sends nothing.</summary>
    private sealed class Announced() : MemoryStream(Header(Frames.MaxLength))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : new ValueTask<int>(new TaskCompletionSource<int>().Task);
    }
}
