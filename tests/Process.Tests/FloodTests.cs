using System.Diagnostics;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>One client asks faster than anybody has reason to.</summary>
public sealed class FloodTests(ITestOutputHelper output)
{
    // ControlLimits, docs/protocol.md.
    private const int PerSecond = 10_000, Burst = 20_000, PauseMs = 100;

    [SkippableTheory]
    [InlineData("Unix socket")]
    [InlineData("WebSocket")]
    public async Task A_client_that_floods_is_limited_and_nobody_else_waits(string door)
    {
        await using Daemon daemon = await Daemon.StartAsync();
        using Flooder flooder = door == "WebSocket" ? Flooder.Web(daemon, "QUERY_APP_STATE") : Flooder.Local(daemon, "QUERY_APP_STATE");
        await FloodAsync(daemon, flooder, () => flooder.Refused > 0);
        double seconds = flooder.Elapsed.TotalSeconds;
        Assert.True(flooder.Refused > 0, "nothing was RATE_LIMITED");
        Assert.True(flooder.Answered - flooder.Refused <= Burst + (PerSecond * seconds), "more was served than the limit allows");
        Assert.True(flooder.Refused <= 1 + (seconds * 1000 / (PauseMs - 5)), "it was read on without a pause"); // a timer may be early by a tick

        await Task.Delay(PauseMs); // what retry_after said
        Assert.True(flooder.Ask());
    }

    [SkippableFact]
    public async Task A_client_that_asks_for_looks_at_the_stores_lets_nobody_wait()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync("com.example.counter");
        using Flooder flooder = Flooder.Local(daemon, "QUERY_INSTALLED_APPS");
        await FloodAsync(daemon, flooder, () => true);
    }

    /// <summary>Floods for two seconds at least and until that is so; another client's answers come as ever.</summary>
    private async Task FloodAsync(Daemon daemon, Flooder flooder, Func<bool> enough)
    {
        await using ControlPeer other = await daemon.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await other.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING"); // what is made once
        }

        using var stop = new CancellationTokenSource();
        Task flood = flooder.RunAsync(stop.Token);
        List<double> times = [];
        while ((flooder.Elapsed < TimeSpan.FromSeconds(2) || !enough()) && flooder.Elapsed < 2 * ControlPeer.Patience && !flood.IsCompleted)
        {
            long began = Stopwatch.GetTimestamp();
            await other.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING");
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(1); // one that asks again at once may come to the limit itself
        }

        await stop.CancelAsync();
        await flood.WaitAsync(4 * ControlPeer.Patience);
        times.Sort();
        double p99 = times[(int)(times.Count * 0.99)];
        output.WriteLine($"{flooder.Answered} answers in {flooder.Elapsed.TotalSeconds:F2} s, {flooder.Refused} of them RATE_LIMITED; the other client's p99 of {times.Count} was {p99:F2} ms");
        Assert.True(p99 <= 100, $"the other client's p99 was {p99:F1} ms");
    }
}
