using Weft.Core.Output;
using Weft.Linux;
using Weft.Tests.Support;
using Xunit;

namespace Runtime.Tests.Session;

/// <summary>Traps as the end record tells them, which both engines tell alike.</summary>
public sealed class TrapTests
{
    private const string Memory = """(memory (export "memory") 1)""";

    // As long as the names of a C++ template: a backtrace of them has 60 KB.
    private static readonly string Name = "$" + new string('n', 3000);

    /// <summary>The body of <c>_start</c> and what stands before it, the trap's name, and its words.</summary>
    public static TheoryData<string, string, string?, string> Traps => new()
    {
        { "", "unreachable", "unreachable_code_reached", "wasm `unreachable` instruction executed" },
        { "", "(drop (i32.div_s (i32.const 1) (i32.const 0)))", "integer_division_by_zero", "integer divide by zero" },
        { "", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "integer_overflow", "integer overflow" },
        { "", "(drop (i32.trunc_f64_s (f64.const 1e99)))", "integer_overflow", "integer overflow" },
        { "", "(drop (i32.trunc_f64_s (f64.const nan)))", "bad_conversion_to_integer", "invalid conversion to integer" },
        { "", "(drop (i32.load (i32.const -4)))", "memory_out_of_bounds", "out of bounds memory access" },
        { "", "(memory.fill (i32.const -4) (i32.const 1) (i32.const 100))", "memory_out_of_bounds", "out of bounds memory access" },
        { "", "(drop (i32.atomic.load (i32.const 1)))", "heap_misaligned", "unaligned atomic" },
        { "", "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))", "atomic_wait_non_shared_memory", "atomic wait on non-shared memory" },
        { "(table 1 funcref)", "(call_indirect (i32.const 9))", "table_out_of_bounds", "undefined element: out of bounds table access" },
        { "(table 1 funcref)", "(call_indirect (i32.const 0))", "indirect_call_to_null", "uninitialized element" },
        { "(table 1 funcref) (elem (i32.const 0) $f) (func $f (param i32))", "(call_indirect (i32.const 0))", "bad_signature", "indirect call type mismatch" },
        { "(func $f (result i32) (i32.add (call $f) (i32.const 1)))", "(drop (call $f))", "stack_overflow", "call stack exhausted" },
        { $"(func {Name} (result i32) (i32.add (call {Name}) (i32.const 1)))", $"(drop (call {Name}))", "stack_overflow", "call stack exhausted" },
        {
            $"(func {Name} (param i32) (result i32) (if (i32.eqz (local.get 0)) (then unreachable)) (i32.add (call {Name} (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))",
            $"(drop (call {Name} (i32.const 1000)))", "unreachable_code_reached", "wasm `unreachable` instruction executed"
        },
        { "(func $s unreachable) (start $s)", "", "unreachable_code_reached", "wasm `unreachable` instruction executed" },
    };

    [SkippableTheory]
    [MemberData(nameof(Traps))]
    public async Task A_trap_has_its_name_and_the_guests_stack_whatever_the_engine(string before, string body, string? trap, string words)
    {
        string executable = Prerequisite.SharedFile("wasmtime/48.0.8/bin/wasmtime");
        string module = Guests.FromText($"""(module {Memory} {before} (func (export "_start") {body}))""");
        try
        {
            foreach (string? engine in (string?[])[null, executable])
            {
                await using var runtime = new TestRuntime(module, "none", executable: engine);
                Assert.Equal(new ExitStatus(134, null), await runtime.ExitAsync());
                EndRecord end = runtime.End();
                Assert.Equal((GuestEnd.Trapped, trap, words), (end.Kind, end.Trap, end.Message));
                Assert.NotEmpty(end.Backtrace);
            }
        }
        finally
        {
            File.Delete(module);
        }
    }
}
