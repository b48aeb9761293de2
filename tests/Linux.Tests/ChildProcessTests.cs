using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Weft.Linux;

namespace Linux.Tests;

public sealed partial class ChildProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_child_has_exactly_the_descriptors_that_are_named()
    {
        // Two that would be inherited: dup clears close-on-exec.
        using Descriptor leak = new(dup(Files.Open("/etc/passwd", OpenFlags.ReadOnly).Number));
        using Descriptor highLeak = new(dup(leak.Number));
        (Descriptor read, Descriptor write) = Files.Pipe();
        using Descriptor readEnd = read;
        using Descriptor writeEnd = write;
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/cat",
            Descriptors = [new(readEnd, 0), new(writeEnd, 7)],
        });

        // While it loads its libraries it has one more for a moment; what leaked would stay.
        string[] open;
        long began = Stopwatch.GetTimestamp();
        do
        {
            open = [.. Directory.EnumerateFiles($"/proc/{child.Pid}/fd").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        }
        while (open.Length > 4 && Stopwatch.GetElapsedTime(began) < Deadline);
        Assert.Equal(["0", "1", "2", "7"], open);
        Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{child.Pid}/fd/1", false)!.FullName);
        Assert.Equal("/", File.ResolveLinkTarget($"/proc/{child.Pid}/cwd", false)!.FullName);

        child.Signal(Signals.SIGKILL);
        Assert.Equal(new ExitStatus(null, Signals.SIGKILL), await child.Exited.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Descriptors_arrive_whatever_their_numbers_are_here()
    {
        // Sources and targets cross: each would overwrite the other's source, were they not lifted first.
        (Descriptor firstRead, Descriptor firstWrite) = Files.Pipe();
        (Descriptor secondRead, Descriptor secondWrite) = Files.Pipe();
        using Descriptor a = firstRead, b = firstWrite, c = secondRead, d = secondWrite;
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/sh",
            Arguments = ["-c", $"echo first >/dev/fd/{d.Number}; echo second >/dev/fd/{b.Number}"],
            Descriptors = [new(b, d.Number), new(d, b.Number)],
        });
        Assert.Equal(0, (await child.Exited.WaitAsync(Deadline)).Code);
        Assert.Equal("first\n", ReadText(a));
        Assert.Equal("second\n", ReadText(c));
    }

    [Fact]
    public async Task A_child_has_exactly_the_environment_that_is_named()
    {
        (Descriptor read, Descriptor write) = Files.Pipe();
        using Descriptor output = read;
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/usr/bin/env",
            Environment = new Dictionary<string, string> { ["A"] = "ü = 1", ["EMPTY"] = "" },
            Descriptors = [new(write, 1)],
        });
        write.Dispose();
        Assert.Equal(0, (await child.Exited.WaitAsync(Deadline)).Code);
        Assert.Equal("A=ü = 1\nEMPTY=\n", ReadText(output));
    }

    [Fact]
    public async Task A_child_leads_a_session_with_default_signals_and_an_empty_mask()
    {
        using ChildProcess child = Sleeper();
        ProcessFacts facts = Processes.Find(child.Pid)!;
        Assert.Equal(child.Pid, facts.Session);
        Assert.Equal(child.Pid, facts.Group);
        Assert.Equal(Environment.ProcessId, facts.Parent);
        Assert.Equal(facts.StartTime, child.StartTime);

        // .NET ignores SIGPIPE, which a child would inherit.
        string[] status = await File.ReadAllLinesAsync($"/proc/{child.Pid}/status");
        Assert.Contains("SigBlk:\t0000000000000000", status);
        Assert.Contains("SigIgn:\t0000000000000000", status);
        await KillAsync(child);
    }

    [Fact]
    public async Task Two_hundred_children_at_once_each_report_their_own_status()
    {
        ChildProcess[] children = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/sh",
            Arguments = ["-c", i % 10 == 9 ? "kill -TERM $$" : $"exit {i % 100}"],
        }))));
        ExitStatus[] statuses = await Task.WhenAll(children.Select(child => child.Exited)).WaitAsync(Deadline);
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(i % 10 == 9 ? new ExitStatus(null, Signals.SIGTERM) : new ExitStatus(i % 100, null), statuses[i]);
        }

        foreach (ChildProcess child in children)
        {
            Assert.True(Processes.Find(child.Pid)!.IsZombie, "its number is kept until it is disposed");
            child.Dispose();
            Assert.Null(Processes.Find(child.Pid));
        }
    }

    [Fact]
    public async Task A_child_that_is_disposed_alive_leaves_no_zombie()
    {
        ChildProcess child = Sleeper();
        using Descriptor process = child.Pidfd.Duplicate();
        child.Dispose();
        Assert.True(Pidfd.Signal(process, Signals.SIGKILL));
        await child.Exited.WaitAsync(Deadline);
        Assert.Null(Processes.Find(child.Pid));
    }

    [Theory]
    [InlineData("/nowhere/at/all", "/", "posix_spawn /nowhere/at/all: No such file or directory (ENOENT)")]
    [InlineData("/etc/passwd", "/", "posix_spawn /etc/passwd: Permission denied (EACCES)")]
    [InlineData("/bin/true", "/nowhere", "posix_spawn /bin/true: No such file or directory (ENOENT); the working directory /nowhere is no folder")]
    public void A_program_that_cannot_start_is_named(string program, string folder, string message)
    {
        // Other tests of this process open descriptors too: what would leak leaks a hundred times.
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int turn = 0; turn < 100; turn++)
        {
            Assert.Equal(message, Assert.Throws<LinuxException>(() => ChildProcess.Start(new SpawnRequest { Program = program, WorkingDirectory = folder })).Message);
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 50);
    }

    [Fact]
    public void Arguments_with_NUL_are_refused()
        => Assert.Throws<ArgumentException>(() => ChildProcess.Start(new SpawnRequest { Program = "/bin/true", Arguments = ["a\0b"] }));

    [Fact]
    public async Task Limits_hold_from_the_first_instruction_also_where_the_child_becomes_another_user()
    {
        bool root = Environment.IsPrivilegedProcess;
        (Descriptor read, Descriptor write) = Files.Pipe();
        using Descriptor output = read;
        string[] program = ["/bin/sh", "-c", "cat /proc/self/limits"];
        ChildProcess child;
        using (write)
        {
            child = ChildProcess.Start(new SpawnRequest
            {
                Program = root ? "/usr/bin/setpriv" : program[0],
                Arguments = root ? ["--reuid=65534", "--clear-groups", .. program] : program[1..],
                Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                Descriptors = [new(write, 1)],
                Limits = new ChildLimits { AddressSpace = 1L << 30, CoreSize = 0, CpuSeconds = 60, FileSize = 1 << 20, OpenFiles = 64 },
            });
        }

        using (child)
        {
            string limits = await new StreamReader(new FileStream(output.ToFileHandle(), FileAccess.Read)).ReadToEndAsync().WaitAsync(Deadline);
            Assert.Equal(0, (await child.Exited.WaitAsync(Deadline)).Code);
            foreach ((string name, long value) in (ReadOnlySpan<(string, long)>)[("address space", 1 << 30), ("core file size", 0), ("cpu time", 60), ("file size", 1 << 20), ("open files", 64)])
            {
                Assert.Matches($"(?m)^Max {name} +{value} +{value} ", limits);
            }
        }
    }

    [Fact]
    public async Task Killing_a_session_reaches_those_that_forked_meanwhile()
    {
        // Each generation forks the next and goes: what is killed is never who was found first.
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/sh",
            Arguments = ["-c", "f() { sleep 100 & f & }; for i in 1 2 3 4; do f; done; exec sleep 100"],
            Limits = new ChildLimits { OpenFiles = 64 },
        });
        await UntilAsync(() => Processes.InSession(child.Pid).Count > 30);
        Assert.Empty(await child.KillSessionAsync(Deadline));
        Assert.Empty(Processes.InSession(child.Pid));
        Assert.Equal(Signals.SIGKILL, (await child.Exited.WaitAsync(Deadline)).Signal);
    }

    [Fact]
    public async Task Killing_a_session_reaches_descendants_that_left_it()
    {
        string mark = $"MARK={Guid.NewGuid():N}";
        using ChildProcess child = ChildProcess.Start(new SpawnRequest
        {
            Program = "/bin/sh",
            // One with its parent alive, one double-forked whose parent is gone.
            Arguments = ["-c", "setsid sleep 101 & (setsid sh -c 'sleep 102 & exec sleep 103' &); exec sleep 100"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["MARK"] = mark[5..] },
        }, mark);
        ProcessFamily family = new(child.Pid, child.StartTime, mark);
        await UntilAsync(() => Processes.Family(family).Select(process => Processes.CommandOf(process.Pid)).Order()
            .SequenceEqual(["sleep 100", "sleep 101", "sleep 102", "sleep 103"]));
        Assert.Empty(await child.KillSessionAsync(Deadline));
        Assert.DoesNotContain(Processes.All(), process => !process.IsZombie && Processes.HasEnvironment(process.Pid, mark));
    }

    [Fact]
    public async Task Killing_a_session_whose_leader_is_gone_reaches_the_rest()
    {
        using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = "/bin/sh", Arguments = ["-c", "sleep 100 & sleep 100 & exit 3"] });
        Assert.Equal(3, (await child.Exited.WaitAsync(Deadline)).Code);
        Assert.Equal(2, Processes.InSession(child.Pid).Count);
        Assert.Empty(await child.KillSessionAsync(Deadline));
        Assert.Empty(Processes.InSession(child.Pid));
    }

    [Fact]
    public async Task A_session_number_with_another_start_time_is_left_alone()
    {
        using ChildProcess child = Sleeper();
        Assert.Empty(Processes.KillFamily(new ProcessFamily(child.Pid, child.StartTime - 1), Deadline));
        Assert.Null(Pidfd.TryOpen(child.Pid, child.StartTime - 1));
        Assert.False(child.Exited.IsCompleted);
        Assert.False(Processes.Find(child.Pid)!.IsZombie);
        await KillAsync(child);
    }

    [Fact]
    public async Task Signals_to_a_child_that_ended_go_nowhere()
    {
        using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = "/bin/true" });
        await child.Exited.WaitAsync(Deadline);
        Assert.False(child.Signal(Signals.SIGTERM));
    }

    [Fact]
    public async Task Starting_is_fast()
    {
        // Not a measurement: it shows that nothing on the path takes milliseconds (0.2 ms on a quiet machine).
        List<double> milliseconds = [];
        for (int i = 0; i < 100; i++)
        {
            long began = Stopwatch.GetTimestamp();
            using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = "/bin/true" });
            milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await child.Exited.WaitAsync(Deadline);
        }

        milliseconds.Sort();
        Assert.InRange(milliseconds[10], 0, 5);
    }

    private static ChildProcess Sleeper() => ChildProcess.Start(new SpawnRequest { Program = "/bin/sleep", Arguments = ["100"] });

    private static async Task KillAsync(ChildProcess child)
    {
        Assert.True(child.Signal(Signals.SIGKILL));
        await child.Exited.WaitAsync(Deadline);
    }

    /// <summary>Reads what is there until the end or until it would wait.</summary>
    private static string ReadText(Descriptor pipe)
    {
        byte[] buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, Files.Read(pipe, buffer));
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

    [LibraryImport("libc")]
    private static partial int dup(int fd);
}
