using System.Text;
using Weft.Appd.Processes;
using Weft.Appd.Tests.Sessions;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Processes;

public sealed class PipeReaderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_was_written_comes_in_order_and_the_end_is_told_once()
    {
        (Descriptor read, Descriptor write) = Files.Pipe();
        var text = new StringBuilder();
        int ends = 0;
        using var reader = new PipeReader(
            read,
            bytes =>
            {
                text.Append(Encoding.UTF8.GetString(bytes));
                ends += bytes.IsEmpty ? 1 : 0;
            },
            TimeProvider.System);
        for (int i = 0; i < 100; i++)
        {
            Files.Write(write, Encoding.UTF8.GetBytes($"{i} "));
        }

        write.Dispose();
        await reader.Ended.WaitAsync(Patience);

        Assert.Equal(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i} ")), text.ToString());
        Assert.Equal(1, ends);
    }

    [Fact]
    public async Task Who_goes_on_writing_is_read_ten_times_a_second_and_waits_in_between()
    {
        var time = new ManualTime();
        (Descriptor read, Descriptor write) = Files.Pipe();
        int reads = 0;
        using var reader = new PipeReader(read, bytes => Interlocked.Increment(ref reads), time);
        var flood = Task.Run(() =>
        {
            try
            {
                while (true)
                {
                    Files.Write(write, new byte[4096]);
                }
            }
            catch (LinuxException e) when (e.Errno == Errno.EPIPE)
            {
                // Nobody reads any more.
            }
        });
        await UntilAsync(() => time.Waiting == 1);
        int atOnce = Volatile.Read(ref reads);
        for (int i = 1; i <= 3; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(99));
            Assert.Equal(atOnce + i - 1, Volatile.Read(ref reads));
            time.Advance(TimeSpan.FromMilliseconds(1));
            await UntilAsync(() => time.Waiting == 1);
            Assert.Equal(atOnce + i, Volatile.Read(ref reads));
        }

        Assert.InRange(atOnce, 2, 50);
        reader.Dispose();
        await reader.Ended.WaitAsync(Patience);
        await flood.WaitAsync(Patience); // whoever wrote is told
        Assert.Equal(0, time.Waiting);
        write.Dispose();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        DateTime until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until);
            await Task.Delay(5);
        }
    }
}
