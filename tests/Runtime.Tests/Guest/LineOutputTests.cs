using System.Text;
using Weft.Runtime.Guest;
using Xunit;

namespace Runtime.Tests.Guest;

public sealed class LineOutputTests
{
    [Theory]
    [InlineData("{\"a\":1}\n", "{\"a\":1}", "")]
    [InlineData("text\n{\"a\":1}\nmore\n", "{\"a\":1}", "text\nmore\n")]
    [InlineData(" {1}\n\n", " {1}", "\n")]
    [InlineData("{no}\n", "", "{no}\n")]
    [InlineData("{1}", "{1}", "")]
    [InlineData("no end", "", "no end")]
    [InlineData("{1234567890123456789012345}\n{1}\n", "{1}", "{1234567890123456789012345}\n")]
    public void Lines_that_are_taken_and_log_come_apart_however_they_were_written(string written, string taken, string logged)
    {
        for (int piece = 1; piece <= written.Length; piece++)
        {
            var log = new Log();
            var lines = new List<string>();
            var output = new LineOutput(
                line =>
                {
                    string text = Encoding.UTF8.GetString(line);
                    if (text.Length == 0 || text.Contains("no", StringComparison.Ordinal))
                    {
                        return false;
                    }

                    lines.Add(text);
                    return true;
                },
                log,
                limit: 20);
            foreach (byte[] part in Encoding.UTF8.GetBytes(written).Chunk(piece))
            {
                output.Write(part);
            }

            output.Finish();
            Assert.Equal((taken, logged), (string.Join('|', lines), log.Text));
        }
    }

    private sealed class Log : IGuestOutput
    {
        public string Text { get; private set; } = "";

        public void Write(ReadOnlySpan<byte> bytes) => Text += Encoding.UTF8.GetString(bytes);
    }
}
