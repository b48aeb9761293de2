using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>Many sessions, and floods of output: nothing is left, nothing grows, nobody waits.</summary>
[Collection(DaemonCollection.Name)]
public sealed class StormTests(ITestOutputHelper output)
{
    private const int AtOnce = 50;

    private static bool Long => Environment.GetEnvironmentVariable("WEFT_LONG") == "1";

    [SkippableFact]
    public async Task A_thousand_launches_and_terminations_leave_nothing_and_grow_nothing()
    {
        int warmUp = 200, launches = Long ? 5000 : 1000;
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync("com.example.counter");
        await using ControlPeer peer = await daemon.SubscribeAsync();

        await RoundsAsync(peer, warmUp, cancelHalf: true);
        (long pss, int descriptors) = await SettledAsync(daemon);
        var watch = Stopwatch.StartNew();
        await RoundsAsync(peer, launches, cancelHalf: true);
        TimeSpan took = watch.Elapsed;
        (long pssAfter, int descriptorsAfter) = await SettledAsync(daemon);
        output.WriteLine($"{launches} in {took.TotalSeconds:F1} s; PSS {pss} -> {pssAfter} KiB; descriptors {descriptors} -> {descriptorsAfter}");

        Assert.Empty((await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING"))["sessions"]!.AsArray());
        Assert.Empty(ProcessTable.Descendants(daemon.Pid));
        Assert.Empty(Directory.EnumerateFiles(daemon.RuntimeFolder, "ipc-*"));
        Assert.Equal(descriptors, descriptorsAfter);
        Assert.True(pssAfter - pss <= 1024, $"the daemon's PSS grew from {pss} to {pssAfter} KiB");
    }

    [SkippableFact]
    public async Task A_flood_of_output_costs_the_daemon_nothing_and_delays_nobody()
    {
        TimeSpan flood = TimeSpan.FromSeconds(10);
        await using Daemon daemon = await Daemon.StartAsync();
        await using RunningApp echo = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        await RoundTripsAsync(echo, 200);
        double before = await RoundTripsAsync(echo, 1000);

        await using RunningApp yes = await RunningApp.LaunchAsync(daemon, Guests.Id("floods_output"));
        ulong ticks = ProcessTable.Read(daemon.Pid)!.Value.CpuTicks;
        long began = Stopwatch.GetTimestamp();
        await Task.Delay(flood); // the span that is measured
        double percent = (ProcessTable.Read(daemon.Pid)!.Value.CpuTicks - ticks) * 10 / Stopwatch.GetElapsedTime(began).TotalMilliseconds * 100;
        double during = await RoundTripsAsync(echo, 1000);
        output.WriteLine($"the daemon used {percent:F1} % of a CPU; round trip p50 {before:F3} ms before, {during:F3} ms during the flood");
        Assert.True(percent < 5, $"the daemon used {percent:F1} % of a CPU");
        // The flood itself takes one of the machine's CPUs; what must not happen is waiting behind it.
        Assert.True(during < (before * 3) + 1, $"round trip {before:F3} ms before, {during:F3} ms during the flood");

        await yes.TerminateAsync(force: true);
        await yes.EndAsync();
        // Between two gaps lie more lines than READ_LOG returns at once, so the file is looked at.
        Assert.Contains(Directory.EnumerateFiles(daemon.StateFolder, "*", SearchOption.AllDirectories).Where(path => path.Contains($"{yes.Id}", StringComparison.Ordinal)),
            path => File.ReadAllText(path).Contains("[gap: ", StringComparison.Ordinal));
    }

    /// <summary>Launches, waits for readiness (or, of every other one, does not), terminates; 50 at a time. Each end must be the termination.</summary>
    private static async Task RoundsAsync(ControlPeer peer, int count, bool cancelHalf)
    {
        using var free = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(Enumerable.Range(0, count).Select(async number =>
        {
            await free.WaitAsync();
            try
            {
                JsonObject ack = await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", new JsonObject { ["app_id"] = "com.example.counter" });
                ulong id = (ulong)ack["session_id"]!;
                if (!cancelHalf || number % 2 == 0)
                {
                    await peer.NextAsync("APP_READY", id);
                }

                await peer.ExpectAsync("APP_STATE", "TERMINATE_APP", new JsonObject { ["session_id"] = id });
                JsonObject end = await peer.EndAsync(id);
                Assert.Equal("terminated", (string?)end["cause"]);
                Assert.NotEmpty((string?)end["message"] ?? "");
                while (peer.Unread().Any(m => Concerns(m, id)))
                {
                    await peer.NextAsync("the rest about a session that ended", m => Concerns(m, id));
                }
            }
            finally
            {
                free.Release();
            }
        }));

        static bool Concerns(JsonObject m, ulong id) => (ulong?)m["session_id"] == id && m["re"] is null;
    }

    /// <summary>
    /// PSS and descriptors of a daemon that has come to rest: it gives memory back when it was quiet for five seconds, and its idle threads
    /// end after twenty, so the lowest reading counts once there was no lower one for longer than that.
    /// </summary>
    private static async Task<(long Pss, int Descriptors)> SettledAsync(Daemon daemon)
    {
        long lowest = long.MaxValue;
        var sinceLowest = Stopwatch.StartNew();
        while (sinceLowest.Elapsed < TimeSpan.FromSeconds(25))
        {
            long now = ProcessTable.Pss(daemon.Pid);
            if (now < lowest)
            {
                lowest = now;
                sinceLowest.Restart();
            }

            await Task.Delay(250); // nothing outside tells when another process has settled
        }

        return (lowest, ProcessTable.Descriptors(daemon.Pid).Count);
    }

    /// <summary>The median of so many round trips to the guest, in milliseconds.</summary>
    private static async Task<double> RoundTripsAsync(RunningApp echo, int count)
    {
        double[] times = new double[count];
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await echo.AskAsync("ping");
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[count / 2];
    }
}
