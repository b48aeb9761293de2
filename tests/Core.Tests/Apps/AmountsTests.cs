using Weft.Core.Apps;
using Xunit;

namespace Weft.Core.Tests.Apps;

public sealed class AmountsTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("128M", 128L << 20)]
    [InlineData("64K", 64L << 10)]
    [InlineData("2G", 2L << 30)]
    [InlineData("1048576G", 1L << 50)]
    public void Bytes_are_read_and_written_alike(string text, long bytes)
    {
        Assert.True(Amounts.TryParseBytes(text, out long read, out _));
        Assert.Equal(bytes, read);
        Assert.True(Amounts.TryParseBytes(Amounts.FormatBytes(bytes), out long again, out _));
        Assert.Equal(bytes, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("0M")]
    [InlineData("-1M")]
    [InlineData("1.5G")]
    [InlineData("1 M")]
    [InlineData("128m")]
    [InlineData("128MB")]
    [InlineData("012M")]
    [InlineData("1048577G")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999G")]
    [InlineData("\u0661M")]
    public void Anything_else_is_no_amount_of_memory(string text) => Assert.False(Amounts.TryParseBytes(text, out _, out _));

    [Theory]
    [InlineData("50%", 50, true)]
    [InlineData("1%", 1, true)]
    [InlineData("102400%", 102_400, true)]
    [InlineData("0%", 0, false)]
    [InlineData("50", 0, false)]
    [InlineData("%", 0, false)]
    [InlineData("50.5%", 0, false)]
    [InlineData("102401%", 0, false)]
    public void Shares_of_processors_are_whole_percents(string text, int percent, bool good)
    {
        Assert.Equal(good, Amounts.TryParseCpu(text, out int read, out _));
        Assert.Equal(percent, read);
    }

    [Fact]
    public void What_is_above_the_machine_is_named_and_the_rest_resolved()
    {
        var machine = new MachineLimits { Default = AppLimits.MachineDefaults with { MemoryBytes = 64L << 20 } };
        Assert.Empty(RequestedLimits.Read([new("cpu", "300%"), new("tasks", "8")], out RequestedLimits limits));
        Assert.Equal(["cpu 300% is above this machine's 200%"], limits.Above(machine));
        AppLimits resolved = (limits with { CpuPercent = 50 }).Resolve(machine);
        Assert.Equal(new AppLimits { CpuPercent = 50, MemoryBytes = 64L << 20, Tasks = 8, LinearMemoryBytes = 256L << 20 }, resolved);
    }

    [Fact]
    public void Mistakes_in_limits_of_a_launch_are_all_said()
    {
        IReadOnlyList<string> problems = RequestedLimits.Read([new("cpu", "x"), new("disk", "1G"), new("tasks", "0")], out _);
        Assert.Equal(
            [
                "limits.cpu: 'x' is no share of processors: write whole percents of one, such as \"50%\"",
                "limits.disk: unknown limit: there are cpu, memory, tasks and linear_memory",
                "limits.tasks: '0' is no number of tasks: write a whole number of at least 1",
            ],
            problems);
    }
}
