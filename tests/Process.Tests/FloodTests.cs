using System.Diagnostics;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>One client asks faster than anybody has reason to.</summary>
public sealed class FloodTests(ITestOutputHelper output)
{
    // ControlLimits, docs/protocol.md.
    private const int PerSecond = 5000, Burst = 10_000, PauseMs = 100;

    [SkippableTheory]
    [InlineData("Unix socket")]
    [InlineData("WebSocket")]
    public async Task A_client_that_floods_is_limited_and_nobody_else_waits(string door)
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await using ControlPeer other = await daemon.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await other.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING"); // what is made once
        }

        using Flooder flooder = door == "WebSocket" ? Flooder.Web(daemon) : Flooder.Local(daemon);
        using var stop = new CancellationTokenSource();
        Task flood = flooder.RunAsync(stop.Token);
        List<double> times = [];
        while ((flooder.Elapsed < TimeSpan.FromSeconds(2) || flooder.Refused == 0) && flooder.Elapsed < 2 * ControlPeer.Patience && !flood.IsCompleted)
        {
            long began = Stopwatch.GetTimestamp();
            await other.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING");
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        await stop.CancelAsync();
        await flood.WaitAsync(4 * ControlPeer.Patience);
        double seconds = flooder.Elapsed.TotalSeconds;
        times.Sort();
        double p99 = times[(int)(times.Count * 0.99)];
        output.WriteLine($"{flooder.Answered} answers in {seconds:F2} s, {flooder.Refused} of them RATE_LIMITED; the other client's p99 of {times.Count} was {p99:F2} ms");

        Assert.True(flooder.Refused > 0, "nothing was RATE_LIMITED");
        Assert.True(p99 <= 100, $"the other client's p99 was {p99:F1} ms");
        Assert.True(flooder.Answered - flooder.Refused <= Burst + (PerSecond * seconds), "more was served than the limit allows");
        Assert.True(flooder.Refused <= 1 + (seconds * 1000 / (PauseMs - 5)), "it was read on without a pause"); // a timer may be early by a tick

        await Task.Delay(PauseMs); // what retry_after said
        Assert.True(flooder.Ask());
    }
}
