using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Runtime.Tests.Host;

/// <summary>Components in the text form; tests/Process.Tests runs one that calls every import.</summary>
public sealed class ComponentTests
{
    [SkippableTheory]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    public async Task A_component_says_ready_through_its_import(string version)
    {
        await using var runtime = new TestRuntime(Guests.FromText(Command(version, "(call $ready) (i32.const 0)")), "component");
        await runtime.BeReadyAsync();
        Assert.Equal(new ExitStatus(0, null), await runtime.ExitAsync());
    }

    [SkippableFact]
    public async Task A_component_that_returns_an_error_failed()
    {
        await using var runtime = new TestRuntime(Guests.FromText(Command("0.1.0", "(i32.const 1)")), "component");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
    }

    [SkippableFact]
    public async Task A_component_is_recognised_whatever_interface_was_named()
    {
        await using var runtime = new TestRuntime(Guests.FromText(Command("0.1.0", "(call $ready) (i32.const 0)")), "jsonrpc");
        await runtime.BeReadyAsync();
    }

    [SkippableTheory]
    [InlineData("unreachable", "unreachable_code_reached")]
    [InlineData("(i32.div_s (i32.const 1) (i32.const 0))", "integer_division_by_zero")]
    [InlineData("(call $deeper)", "stack_overflow")]
    public async Task A_trap_in_a_component_has_its_name(string body, string trap)
    {
        await using var runtime = new TestRuntime(Guests.FromText(Command("0.1.0", body)), "component");
        Assert.Equal(new ExitStatus(134, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal(trap, end.Trap);
        Assert.NotEmpty(end.Backtrace);
    }

    [SkippableFact]
    public async Task A_component_that_computes_for_ever_is_interrupted()
    {
        await using var runtime = new TestRuntime(Guests.FromText(Command("0.1.0", "(call $ready) (loop $l (br $l)) (i32.const 0)")), "component");
        await runtime.BeReadyAsync();
        runtime.Terminate();
        Assert.Equal(new ExitStatus(143, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal((GuestEnd.Interrupted, "interrupt"), (end.Kind, end.Trap));
    }

    [SkippableFact]
    public async Task An_interface_that_nobody_offers_is_named()
    {
        string component = Guests.FromText("""(component (import "weft:app/files@0.2.0" (instance (export "stat" (func)))))""");
        await using var runtime = new TestRuntime(component, "component");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        EndRecord end = runtime.End();
        Assert.Equal(GuestEnd.Refused, end.Kind);
        Assert.Contains("weft:app/files@0.2.0", end.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_component_that_is_no_command_is_refused()
    {
        await using var runtime = new TestRuntime(Guests.FromText("(component)"), "component");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        Assert.Equal("the component exports no wasi:cli/run@0.2.0: it is no command", runtime.End().Message);
    }

    [SkippableFact]
    public async Task A_module_is_no_component()
    {
        await using var runtime = new TestRuntime(Guests.Module("exits_zero"), "component");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        Assert.EndsWith("is a module: say jsonrpc or none", runtime.End().Message, StringComparison.Ordinal);
    }

    private static string Command(string version, string body) => $$"""
        (component
          (import "weft:app/notify@{{version}}" (instance $notify (export "ready" (func))))
          (core func $ready (canon lower (func $notify "ready")))
          (core module $m
            (import "weft" "ready" (func $ready))
            (func $deeper (result i32) (i32.add (call $deeper) (call $deeper)))
            (func (export "run") (result i32) {{body}}))
          (core instance $i (instantiate $m (with "weft" (instance (export "ready" (func $ready))))))
          (func $run (result (result)) (canon lift (core func $i "run")))
          (instance $cli (export "run" (func $run)))
          (export "wasi:cli/run@0.2.3" (instance $cli)))
        """;
}
