using System.Diagnostics;
using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Runtime.Tests.Session;

public sealed class EndTests
{
    [SkippableTheory]
    [InlineData("unreachable", "unreachable_code_reached")]
    [InlineData("divide", "integer_division_by_zero")]
    [InlineData("overflow", "integer_overflow")]
    [InlineData("conversion", "integer_overflow")]
    [InlineData("memory", "memory_out_of_bounds")]
    [InlineData("null_function", "indirect_call_to_null")]
    [InlineData("table", "table_out_of_bounds")]
    [InlineData("wrong_type", "bad_signature")]
    [InlineData("stack", "memory_out_of_bounds")]
    public async Task A_trap_ends_the_session_with_its_name_and_the_guests_stack(string kind, string trap)
    {
        await using var runtime = new TestRuntime(Guests.Module("trap"), "none", arguments: [kind]);
        Assert.Equal(new ExitStatus(134, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal(GuestEnd.Trapped, end.Kind);
        Assert.Equal(trap, end.Trap);
        Assert.NotEmpty(end.Message!);
        Assert.NotEmpty(end.Backtrace);
    }

    [SkippableFact]
    public async Task Deep_recursion_is_a_trap_and_no_crash()
    {
        await using var runtime = new TestRuntime(Guests.Module("recurses"), "none");
        Assert.Equal(new ExitStatus(134, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal("stack_overflow", end.Trap);
        Assert.Contains("deeper at 0x", end.Backtrace[0], StringComparison.Ordinal);
        Assert.Equal("call stack exhausted", end.Message);
    }

    [SkippableFact]
    public async Task The_exit_code_is_the_guests()
    {
        await using var runtime = new TestRuntime(Guests.Module("exits_three"), "none");
        Assert.Equal(new ExitStatus(3, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal((GuestEnd.Exited, 3), (end.Kind, end.ExitCode));
    }

    [SkippableTheory]
    [InlineData("spins", "none")]  // computes: the epoch reaches it
    [InlineData("sleeps", "none")] // sleeps inside the engine: the process ends without it
    [InlineData("reads_stdin", "none")]
    public async Task A_guest_that_cannot_hear_is_ended_at_once(string guest, string @interface)
    {
        await using var runtime = new TestRuntime(Guests.Module(guest), @interface, ["--ready", "start"]);
        await runtime.BeReadyAsync();
        long begun = Stopwatch.GetTimestamp();
        runtime.Terminate();
        ExitStatus status = await runtime.ExitAsync();
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(3));
        EndRecord end = runtime.End();
        Assert.True(end.Kind is GuestEnd.Interrupted or GuestEnd.Exited, end.ToString());
        Assert.True(status.Code is 143 or 0, status.ToString());
    }

    [SkippableFact]
    public async Task A_guest_that_hears_is_told_and_leaves_by_itself()
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"));
        await runtime.BeReadyAsync();
        runtime.Terminate();
        Assert.Equal(new ExitStatus(0, null), await runtime.ExitAsync());
        Assert.Equal(GuestEnd.Exited, runtime.End().Kind);
    }

    [SkippableFact]
    public async Task A_guest_that_hears_and_stays_is_ended_after_its_grace()
    {
        await using var runtime = new TestRuntime(Guests.Module("ignores_closing"));
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        peer.Say("closing", ("grace_ms", 100));
        Assert.Equal(new ExitStatus(143, null), await runtime.ExitAsync());
        Assert.Equal(GuestEnd.Interrupted, runtime.End().Kind);
    }

    [SkippableFact]
    public async Task The_second_signal_does_not_wait_for_the_grace()
    {
        await using var runtime = new TestRuntime(Guests.Module("ignores_closing"));
        await runtime.BeReadyAsync();
        long begun = Stopwatch.GetTimestamp();
        runtime.Terminate();
        await Task.Delay(50); // two signals of one number merge while the first waits
        runtime.Terminate();
        Assert.Equal(new ExitStatus(143, null), await runtime.ExitAsync());
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(3));
    }

    [SkippableFact]
    public async Task Terminate_while_starting_acts_at_once()
    {
        await using var runtime = new TestRuntime(Guests.Module("spins_unready"), "none", ["--ready", "call"]);
        await runtime.Report.ReadLineAsync().WaitAsync(TestRuntime.Deadline);
        runtime.Terminate();
        Assert.Equal(new ExitStatus(143, null), await runtime.ExitAsync());
    }

    [SkippableFact]
    public async Task Memory_stops_growing_at_the_limit()
    {
        await using var runtime = new TestRuntime(Guests.Module("takes_memory"), "none", ["--linear-memory", "33554432"]);
        Assert.Equal(new ExitStatus(5, null), await runtime.ExitAsync());
        Assert.Equal("31 MiB\n", runtime.OutputText());
    }

    [SkippableFact]
    public async Task A_table_stops_growing_at_the_limit()
    {
        string module = Guests.FromText("""
            (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (table $t 1 funcref) (memory (export "memory") 1)
              (func (export "_start")
                (call $exit (i32.add (i32.const 40) (i32.eq (table.grow $t (ref.null func) (i32.const 100000000)) (i32.const -1))))))
            """);
        await using var runtime = new TestRuntime(module, "none");
        Assert.Equal(new ExitStatus(41, null), await runtime.ExitAsync());
    }

    [SkippableFact]
    public async Task More_memories_than_one_are_refused()
    {
        string module = Guests.FromText("""(module (memory 1) (memory 1) (func (export "_start")))""");
        await using var runtime = new TestRuntime(module, "none");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        Assert.StartsWith("set up the module: resource limit exceeded: memory count too high", runtime.End().Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_module_that_needs_more_memory_than_its_limit_is_refused()
    {
        string module = Guests.FromText("""(module (memory 2000) (func (export "_start")))""");
        await using var runtime = new TestRuntime(module, "none", ["--linear-memory", "1048576"]);
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        Assert.Equal(GuestEnd.Refused, runtime.End().Kind);
    }
}
