using System.Diagnostics;
using Weft.Linux;

namespace Linux.Tests;

public sealed class ChildrenTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Orphans_become_children_and_leave_no_zombies()
    {
        Children.AdoptOrphans();
        string mark = $"MARK={Guid.NewGuid():N}";
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/sh",
            Arguments = ["-c", "(setsid sleep 111 &); (setsid sleep 112 &); for i in 1 2 3 4 5 6 7 8; do (true &); done; exit 0"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["MARK"] = mark[5..] },
        }, mark);
        Assert.Equal(0, (await child.Exited.WaitAsync(Deadline)).Code);

        ProcessFamily family = new(child.Pid, child.StartTime, mark);
        await UntilAsync(() => Processes.Family(family).Count(process => process.Parent == Environment.ProcessId
            && Processes.CommandOf(process.Pid)!.StartsWith("sleep 11", StringComparison.Ordinal)) == 2);
        int[] pids = [.. Processes.Family(family).Select(process => process.Pid)];
        Assert.Empty(await child.KillSessionAsync(Deadline));
        child.Dispose();
        await UntilAsync(() => pids.All(pid => Processes.Find(pid) is null) && Processes.Find(child.Pid) is null);
        await UntilAsync(() => !Processes.All().Any(process => process.Session == child.Pid));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline, "it did not happen in time");
            await Task.Delay(5);
        }
    }
}
