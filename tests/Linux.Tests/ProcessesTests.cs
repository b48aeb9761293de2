using Weft.Linux;

namespace Linux.Tests;

public sealed class ProcessesTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public void This_process_is_found()
    {
        ProcessFacts self = Processes.Find(Environment.ProcessId)!;
        Assert.False(self.IsZombie);
        Assert.Contains(self.State, "RS");
        Assert.True(self.StartTime > 0);
        Assert.Equal(self.StartTime, Processes.StartTime(Environment.ProcessId));
        Assert.Equal(self.Parent, Processes.Parent(Environment.ProcessId));
        Assert.Contains(Processes.All(), process => process.Pid == self.Pid && process.StartTime == self.StartTime);
        Assert.InRange(Processes.Pss(Environment.ProcessId)!.Value, 1 << 20, 4L << 30);
        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", Processes.BootId);
    }

    [Fact]
    public async Task Who_is_gone_is_said_to_be_gone()
    {
        using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = "/bin/true" });
        await child.Exited.WaitAsync(Deadline);
        child.Dispose();
        Assert.Null(Processes.Find(child.Pid));
        Assert.Null(Processes.StartTime(child.Pid));
        Assert.Null(Processes.CommandOf(child.Pid));
        Assert.Null(Processes.Pss(child.Pid));
        Assert.Null(Pidfd.TryOpen(child.Pid));
        Assert.False(Processes.HasEnvironment(child.Pid, "A=B"));
    }

    [Fact]
    public async Task Names_with_brackets_and_blanks_do_not_shift_the_fields()
    {
        string folder = Directory.CreateTempSubdirectory("weft-linux-").FullName;
        try
        {
            string program = Path.Combine(folder, "a) R 1 (b");
            File.Copy("/bin/sleep", program);
            using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = program, Arguments = ["100"], Environment = new Dictionary<string, string> { ["A"] = "B" } });
            // vfork lets the parent go on an instant before execve has laid out the arguments: until then the kernel shows none.
            Assert.True(SpinWait.SpinUntil(() => Processes.CommandOf(child.Pid) != "[a) R 1 (b]", Deadline));
            ProcessFacts facts = Processes.Find(child.Pid)!;
            Assert.Equal("a) R 1 (b", facts.Name);
            Assert.Equal((Environment.ProcessId, child.Pid), (facts.Parent, facts.Session));
            Assert.Equal($"{program} 100", Processes.CommandOf(child.Pid));
            Assert.True(Processes.HasEnvironment(child.Pid, "A=B"));
            Assert.False(Processes.HasEnvironment(child.Pid, "A="));
            Assert.True(Processes.DescendsFrom(child.Pid, Environment.ProcessId));
            Assert.False(Processes.DescendsFrom(Environment.ProcessId, child.Pid));
            child.Signal(Signals.SIGKILL);
            await child.Exited.WaitAsync(Deadline);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_pidfd_says_when_a_process_ended()
    {
        using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = "/bin/sleep", Arguments = ["100"] });
        using Descriptor process = Pidfd.TryOpen(child.Pid, child.StartTime)!;
        Assert.False(Pidfd.HasEnded(process));
        Task ended = Pidfd.WaitAsync(process);
        Assert.True(Pidfd.Signal(process, 0));
        Assert.True(Pidfd.Signal(process, Signals.SIGKILL));
        await ended.WaitAsync(Deadline);
        Assert.True(Pidfd.HasEnded(process));
        await child.Exited.WaitAsync(Deadline);
        child.Dispose();
        Assert.False(Pidfd.Signal(process, Signals.SIGKILL));
    }
}
