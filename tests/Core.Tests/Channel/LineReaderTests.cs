using System.Text;
using Weft.Core.Channel;
using Xunit;

namespace Core.Tests.Channel;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000_000)]
    public async Task Lines_come_whole_however_they_are_cut(int piece)
    {
        string[] lines = ["a", "", new string('x', 5000), "b", new string('y', 40_000), "end"];
        using var reader = new LineReader(new Pieces(Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n"), piece));
        foreach (string line in lines)
        {
            LineResult result = await reader.ReadAsync(default);
            Assert.Equal(LineStatus.Line, result.Status);
            Assert.Equal(line, Encoding.ASCII.GetString(result.Line.Span));
        }

        Assert.Equal(LineStatus.End, (await reader.ReadAsync(default)).Status);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_line_above_the_limit_is_told_before_its_end_comes(int length, bool allowed)
    {
        using var reader = new LineReader(new Pieces(new byte[length], 10), maxLine: 100);

        Assert.Equal(allowed ? LineStatus.Cut : LineStatus.TooLong, (await reader.ReadAsync(default)).Status);
        Assert.Equal(LineStatus.End, (await reader.ReadAsync(default)).Status);
    }

    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
    }
}
