using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Sessions;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

/// <summary>From the rings into the log, with a clock that moves by hand.</summary>
public sealed class SessionOutputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-output-").FullName;
    private readonly ManualTime _time = new();
    private readonly SessionLimits _limits = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lines_reach_the_log_by_themselves_and_an_unfinished_one_with_the_next_reader()
    {
        using SessionOutput output = Open();
        await WriteAsync(output, output.Out, "one\ntwo\nthr");
        _time.Advance(_limits.OutputPause);
        Assert.Equal(["out one", "out two"], Lines(Log()));
        await WriteAsync(output, output.Err, "wrong\n", wakes: false);
        _time.Advance(_limits.OutputPause);
        Assert.Equal(["out one", "out two", "err wrong"], Lines(Log()));
        Assert.Equal(["out one", "out two", "err wrong", "out thr"], Lines(output.Flush()));

        // Quiet again: no timer, and the next write wakes it anew.
        _time.Advance(_limits.OutputPause);
        Assert.Equal(0, _time.Waiting);
        await WriteAsync(output, output.Out, "four\n");
        _time.Advance(_limits.OutputPause);
        Assert.Equal("out four", Lines(Log())[^1]);
    }

    [Fact]
    public async Task What_was_overwritten_is_marked_with_its_size()
    {
        using SessionOutput output = Open();
        byte[] line = Encoding.ASCII.GetBytes(new string('x', 99) + "\n");
        using (var ring = new OutputRingWriter(output.Out))
        {
            for (int i = 0; i < 5000; i++)
            {
                ring.Write(line);
            }

            ring.Write("last\n"u8);
        }

        await WakeAsync(output);
        _time.Advance(_limits.OutputPause);
        List<string> lines = Lines(Log(), 5000);
        Assert.Matches("^weft \\[gap: [1-9][0-9]+ bytes of out were written faster than the log could take them\\]$", lines[0]);
        long gap = long.Parse(lines[0].Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("out last", lines[^1]);
        Assert.Equal(500_005, gap + lines.Skip(1).Sum(text => text.Length - "out ".Length + 1));
    }

    [Fact]
    public void A_foreign_programs_pipes_go_the_same_way()
    {
        using SessionOutput output = Open();
        output.TakeForeign("one\ntw"u8, error: false);
        output.TakeForeign("bad\n"u8, error: true);
        output.TakeForeign("o\n"u8, error: false);
        output.TakeForeign("no end"u8, error: true);
        Assert.Equal(["out one", "err bad", "out two"], Lines(Log()));
        output.Finish();
        Assert.Equal("err no end", Lines(Log())[^1]);
    }

    [Fact]
    public async Task A_ring_that_is_broken_is_given_up_and_the_other_one_goes_on()
    {
        using SessionOutput output = Open();
        Files.WriteAt(output.Out, Enumerable.Repeat((byte)0xFF, 64).ToArray(), 0);
        await WriteAsync(output, output.Err, "still here\n");
        _time.Advance(_limits.OutputPause);
        Assert.Equal(["err still here"], Lines(Log()));
        Assert.Equal(["err still here"], Lines(output.Flush()));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_ends_nothing()
    {
        using var output = new SessionOutput(new SessionLog(Path.Combine(_folder, "gone", "1.log"), _limits.LogBytes), _limits, _time, NullLogger.Instance);
        await WriteAsync(output, output.Out, "lost\n");
        _time.Advance(_limits.OutputPause);
        Directory.CreateDirectory(Path.Combine(_folder, "gone"));
        await WriteAsync(output, output.Out, "kept\n", wakes: false);
        Assert.Equal("out kept", Lines(output.Flush())[^1]);
    }

    private SessionOutput Open() => new(Log(), _limits, _time, NullLogger.Instance);

    private SessionLog Log() => new(Path.Combine(_folder, "1.log"), _limits.LogBytes);

    private static List<string> Lines(SessionLog log, int count = 100) => [.. log.Read(null, count).Entries.Select(entry => $"{entry.Stream} {entry.Text}")];

    private async Task WriteAsync(SessionOutput output, Descriptor ring, string text, bool wakes = true)
    {
        using (var writer = new OutputRingWriter(ring))
        {
            writer.Write(Encoding.UTF8.GetBytes(text));
        }

        if (wakes)
        {
            await WakeAsync(output);
        }
    }

    /// <summary>Bumps the event, until the timer that takes what was written waits.</summary>
    private async Task WakeAsync(SessionOutput output)
    {
        RawDescriptors.Bump(output.Event.Number);
        DateTime until = DateTime.UtcNow + TimeSpan.FromSeconds(60);
        while (_time.Waiting == 0)
        {
            Assert.True(DateTime.UtcNow < until, "nobody looked");
            await Task.Delay(5);
        }
    }
}
