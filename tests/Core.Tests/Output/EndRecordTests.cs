using System.Text;
using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Core.Tests.Output;

public sealed class EndRecordTests
{
    [Fact]
    public void What_was_written_is_read()
    {
        using Descriptor file = MemoryFile.Create("end", 0, MemorySeals.None);
        var writer = new EndRecordWriter(file, TimeProvider.System);
        writer.Began();
        writer.Fact("the guest asked for 70 MiB");
        writer.Ended(GuestEnd.Trapped, "the guest trapped", trap: "unreachable", backtrace: ["f0 <main>", "f1 <\"x\">"]);
        writer.Ended(GuestEnd.Exited, "too late", exitCode: 0);

        EndRecord record = EndRecordReader.Read(file);

        Assert.NotNull(record.Began);
        Assert.NotNull(record.Ended);
        Assert.Equal(GuestEnd.Trapped, record.Kind);
        Assert.Equal("unreachable", record.Trap);
        Assert.Equal("the guest trapped", record.Message);
        Assert.Null(record.ExitCode);
        Assert.Equal(["f0 <main>", "f1 <\"x\">"], record.Backtrace);
        Assert.Equal(["the guest asked for 70 MiB"], record.Facts.Select(fact => fact.What));
        Assert.False(record.Damaged);
    }

    [Fact]
    public void A_record_cut_at_any_byte_keeps_what_came_before()
    {
        byte[] whole = Encoding.UTF8.GetBytes(
            """
            {"event":"began","at":5}
            {"event":"ended","at":9,"kind":"exited","exit_code":3}

            """);
        int firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = 0; length < whole.Length; length++)
        {
            EndRecord record = EndRecordReader.Parse(whole.AsSpan(0, length));

            Assert.Equal(length >= firstLine ? 5 : null, record.Began);
            Assert.Null(record.ExitCode);
            Assert.Equal(length != 0 && length != firstLine, record.Damaged);
        }

        Assert.Equal(3, EndRecordReader.Parse(whole).ExitCode);
    }

    [Theory]
    [InlineData("x\n")]
    [InlineData("[]\n")]
    [InlineData("{} {}\n")]
    [InlineData("{\"event\":\"\\ud800\"}\n")]
    [InlineData("{\"event\":\"fact\",\"what\":[[[[[[\n")]
    public void A_line_that_is_none_is_passed_over(string line)
    {
        EndRecord record = EndRecordReader.Parse(Encoding.UTF8.GetBytes(line + "{\"event\":\"began\",\"at\":5}\n"));

        Assert.True(record.Damaged);
        Assert.Equal(5, record.Began);
    }

    [Fact]
    public void What_a_hostile_runtime_writes_is_bounded_and_clean()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 1000; i++)
        {
            text.Append("{\"event\":\"fact\",\"at\":1,\"what\":\"").Append(i).Append("\\u001b[2J").Append('x', 5000).Append("\"}\n");
        }

        EndRecord record = EndRecordReader.Parse(Encoding.UTF8.GetBytes(text.ToString()));

        Assert.Equal(EndRecordReader.MaxFacts, record.Facts.Count);
        Assert.StartsWith("999 [2Jx", record.Facts[^1].What, StringComparison.Ordinal);
        Assert.Equal(4096, record.Facts[0].What.Length);
    }

    [Fact]
    public void Unknown_events_and_fields_are_passed_over()
    {
        EndRecord record = EndRecordReader.Parse("{\"event\":\"new\",\"x\":{\"y\":[1]}}\n{\"event\":\"ended\",\"at\":1,\"kind\":\"later\",\"exit_code\":1e99,\"message\":7}\n"u8);

        Assert.Equal(1, record.Ended);
        Assert.Null(record.Kind);
        Assert.Null(record.ExitCode);
        Assert.Null(record.Message);
        Assert.False(record.Damaged);
    }
}
