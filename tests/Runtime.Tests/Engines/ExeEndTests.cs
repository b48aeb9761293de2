using System.Text;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Wasmtime;

namespace Runtime.Tests.Engines;

/// <summary>The texts are what Wasmtime 48.0.8 and wizer 11.0.3 printed.</summary>
public sealed class ExeEndTests
{
    private const string Backtrace = """
            1: error while executing at wasm backtrace:
            0:    0x47f - <unknown>!main
            1:   0x3f3c - <unknown>!__main_void
        note: using the `WASMTIME_BACKTRACE_DETAILS=1` environment variable may show more debugging information

        """;

    private const string Trap = "the guest's own last words\nError: failed to run main module `/proc/self/fd/3`\n\nCaused by:\n    0: failed to invoke command default\n"
        + Backtrace + "    2: wasm trap: wasm `unreachable` instruction executed\n";

    [Fact]
    public void A_trap_has_its_name_and_backtrace()
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 134, Trap);
        Assert.Equal(("unreachable_code_reached", "wasm `unreachable` instruction executed", null), (end.Trap, end.Message, end.ExitCode));
        Assert.Equal(["0x47f - <unknown>!main", "0x3f3c - <unknown>!__main_void"], end.Backtrace);
    }

    [Fact]
    public void The_last_cause_is_the_cause()
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 134, Trap.Replace("    2: wasm trap: wasm `unreachable` instruction executed",
            "    2: memory fault at wasm address 0xffffffc0 in linear memory of size 0x20000\n    3: wasm trap: out of bounds memory access", StringComparison.Ordinal));
        Assert.Equal("memory_out_of_bounds", end.Trap);
    }

    [Fact]
    public void A_frame_whose_place_is_not_known_is_one()
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 134, Trap.Replace("0:    0x47f - <unknown>!main", "0: <unknown>!main", StringComparison.Ordinal));
        Assert.Equal(["<unknown>!main", "0x3f3c - <unknown>!__main_void"], end.Backtrace);
    }

    [Theory]
    [InlineData("    2: thrown Wasm exception", "thrown Wasm exception")]
    [InlineData("    2: wasm trap: of tomorrow", "of tomorrow")]
    [InlineData("", "error while executing at wasm backtrace:")]
    public void A_trap_without_a_name_says_what_it_was(string last, string message)
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 134, Trap.Replace("    2: wasm trap: wasm `unreachable` instruction executed", last, StringComparison.Ordinal));
        Assert.Equal((null, null, message, 2), (end.ExitCode, end.Trap, end.Message, end.Backtrace.Count));
    }

    [Theory]
    [InlineData("Error: the module did not end well\n\nCaused by:\n    0: wasm trap: call stack exhausted\n", "stack_overflow", "call stack exhausted")]
    [InlineData("the guest's own\nError: the module did not end well\n", null, "the module did not end well")]
    [InlineData("thread 'main' panicked\nat something", null, "thread 'main' panicked")]
    [InlineData("", null, "")]
    public void A_code_that_no_guest_has_is_a_trap_whatever_is_said_of_it(string tail, string? trap, string message)
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 134, tail);
        Assert.Equal((null, trap, message), (end.ExitCode, end.Trap, end.Message));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(3, "some error")]
    [InlineData(1, "Error: the guest says so")]
    [InlineData(1, "a line\nError: failed to compile my homework")]
    [InlineData(3, Trap)]
    [InlineData(1, "Error: failed to run main module `/elsewhere`")]
    [InlineData(1, "not at the beginning: Error: failed to run main module `/proc/self/fd/3`\n    2: wasm trap: wasm `unreachable` instruction executed")]
    public void A_guests_own_code_is_its_own(int code, string tail) => Assert.Equal(code, Read(ExeForm.Wasmtime, code, tail).ExitCode);

    [Fact]
    public void What_Wasmtime_says_before_the_guest_ran_is_no_exit_code()
    {
        GuestEnd end = Read(ExeForm.Wasmtime, 1, "Error: failed to parse WebAssembly module\n\nCaused by:\n    unexpected end-of-file (at offset 0x86)\n\n");
        Assert.Null(end.ExitCode);
        Assert.StartsWith("failed to parse WebAssembly module", end.Message, StringComparison.Ordinal);

        end = Read(ExeForm.Wasmtime, 1, "Error: failed to run main module `/proc/self/fd/3`\n\nCaused by:\n    0: failed to instantiate \"/proc/self/fd/3\"\n    1: memory minimum size of 2 pages exceeds memory limits\n");
        Assert.Equal((null, "memory minimum size of 2 pages exceeds memory limits"), (end.ExitCode, end.Message));

        end = Read(ExeForm.Wasmtime, 1, Trap.Replace("wasm trap: wasm `unreachable` instruction executed", "exit with invalid exit status outside of [0..126)", StringComparison.Ordinal));
        Assert.Equal((null, "exit with invalid exit status outside of [0..126)"), (end.ExitCode, end.Message));
    }

    [Fact]
    public void The_stand_in_tells_the_code_in_its_error()
    {
        string text = "read 1 3\nError: the `_start` function trapped\n\nCaused by:\n    0: error while executing at wasm backtrace:\n           0:    0x3a8 - <unknown>!__wasi_proc_exit\n    1: Exited with i32 exit status 3\n";
        Assert.Equal(3, Read(ExeForm.Wizer, 1, text).ExitCode);
        Assert.Equal(0, Read(ExeForm.Wizer, 1, text.Replace("status 3", "status 0", StringComparison.Ordinal)).ExitCode);
        Assert.Equal("unreachable_code_reached", Read(ExeForm.Wizer, 1, text.Replace("Exited with i32 exit status 3", "wasm trap: wasm `unreachable` instruction executed", StringComparison.Ordinal)).Trap);
        Assert.Equal(0, Read(ExeForm.Wizer, 0, "").ExitCode);
        Assert.Equal("wasm validation failed\n\nCaused by:\n    unexpected end-of-file (at offset 0x86)",
            Read(ExeForm.Wizer, 1, "Error: wasm validation failed\n\nCaused by:\n    unexpected end-of-file (at offset 0x86)\n").Message);
    }

    [Fact]
    public void A_killed_engine_is_said_to_be_killed()
        => Assert.Equal("the engine's process was killed by SIGKILL", ExeEnd.Read(ExeForm.Wasmtime, new ExitStatus(null, Signals.SIGKILL), []).Message);

    private static GuestEnd Read(ExeForm form, int code, string tail) => ExeEnd.Read(form, new ExitStatus(code, null), Encoding.UTF8.GetBytes(tail));
}
