using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Runtime.Tests.Engines;

public sealed class ByHandTests
{
    [SkippableFact]
    public void A_guest_by_hand_has_the_runtimes_own_streams_and_exit_code()
    {
        Daemon.NeedLibrary();
        (int code, string said) = Run(["com.example.test", "1", "--module", Guests.Module("takes_memory"), "--linear-memory", "8388608"]);
        Assert.Equal(5, code);
        Assert.Equal("7 MiB", said);
    }

    [SkippableFact]
    public void A_trap_by_hand_is_explained()
    {
        Daemon.NeedLibrary();
        (int code, string said) = Run(["com.example.test", "1", "--module", Guests.Module("trap"), "--", "divide"]);
        Assert.Equal(134, code);
        Assert.StartsWith("error: the guest trapped: wasm trap: integer divide by zero".Replace("wasm trap: ", "", StringComparison.Ordinal), said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_protocol_is_named() => Assert.Equal((0, "weft-runtime 1"), Run(["--protocol"]));

    [SkippableTheory]
    [InlineData("48.0.8", 48)]
    [InlineData("50.0.1", 50)]
    public void Both_tested_versions_are_known_and_run(string version, int major)
    {
        string library = Prerequisite.SharedFile($"wasmtime/{version}/libwasmtime.so");
        (int code, string said) = Run(["--engine-facts"], library);
        Assert.True(code == 0, said);
        JsonNode facts = JsonNode.Parse(said)!;
        Assert.Equal(("lib", major), ((string?)facts["engine"], (int)facts["major"]!));
        Assert.Equal(64, ((string)facts["sha256"]!).Length);
        Assert.Equal((3, ""), Run(["com.example.test", "1", "--module", Guests.Module("exits_three")], library));

        string component = Guests.FromText("""
            (component
              (core module $m (func (export "run") (result i32) (i32.const 0)))
              (core instance $i (instantiate $m))
              (func $run (result (result)) (canon lift (core func $i "run")))
              (instance $cli (export "run" (func $run)))
              (export "wasi:cli/run@0.2.0" (instance $cli)))
            """);
        Assert.Equal((0, ""), Run(["com.example.test", "1", "--module", component], library));
    }

    [SkippableTheory]
    [InlineData("hello", "is no WebAssembly: it does not begin with")]
    [InlineData("", "is no WebAssembly: it does not begin with")]
    public void What_is_no_module_is_refused_by_name(string content, string message)
    {
        Daemon.NeedLibrary();
        string path = Path.GetTempFileName();
        File.WriteAllText(path, content);
        (int code, string said) = Run(["com.example.test", "1", "--module", path]);
        Assert.Equal(1, code);
        Assert.Contains(message, said, StringComparison.Ordinal);
        (code, said) = Run(["--compile", "--module", path, "--out-fd", "1"]);
        Assert.Equal(1, code);
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_broken_module_is_refused_with_the_engines_words()
    {
        Daemon.NeedLibrary();
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0, 255]);
        (int code, string said) = Run(["--compile", "--module", path, "--out-fd", "1"]);
        Assert.Equal(1, code);
        Assert.StartsWith("error: compile the module: ", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error: app id and session id come first")]
    [InlineData("error: app id and session id come first", "--module", "x")]
    [InlineData("error: 'x' is no app id: ", "x", "1", "--module", "x")]
    [InlineData("error: session id '-': expected a number", "a.b.c", "1x")]
    [InlineData("error: --module is missing", "a.b.c", "1")]
    [InlineData("error: unknown option --what", "a.b.c", "1", "--what", "x")]
    [InlineData("error: --code 'x': expected fd:N", "a.b.c", "1", "--code", "x")]
    [InlineData("error: --env '=x': expected NAME=VALUE", "a.b.c", "1", "--env", "=x")]
    [InlineData("error: --preopen '/a::/b': expected HOST::GUEST::ro or HOST::GUEST::rw", "a.b.c", "1", "--preopen", "/a::/b")]
    [InlineData("error: --grant: unknown capability", "a.b.c", "1", "--grant", "x")]
    [InlineData("error: --ipc-fd 'x': expected the number of a descriptor", "a.b.c", "1", "--ipc-fd", "x")]
    [InlineData("error: --compile needs --module and --out-fd", "--compile")]
    public void A_wrong_command_line_is_said(string error, params string[] arguments)
    {
        (int code, string said) = Run(arguments);
        Assert.Equal(2, code);
        Assert.StartsWith(error.Replace("'-'", "'1x'", StringComparison.Ordinal), said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_that_is_not_open_is_named()
    {
        (int code, string said) = Run(["a.b.c", "1", "--module", "x.wasm", "--ipc-fd", "77"]);
        Assert.Equal(2, code);
        Assert.StartsWith("error: --ipc-fd: 77 is no open descriptor", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf g", 7)]
    [InlineData("true", 0)]
    public void A_held_program_starts_with_the_first_byte_and_never_without(string writer, int exit)
    {
        (int code, string said) = Guests.Run("/bin/sh", ["-c", $"{writer} | {{ \"$0\" --hold-fd 5 --exec /bin/sh -c 'echo started \"$1\"; exit 7' sh argument 5<&0; }}", TestRuntime.Program]);
        Assert.Equal((exit, exit == 0 ? "" : "started argument"), (code, said));
    }

    [Fact]
    public void A_held_program_that_is_not_there_is_named()
    {
        (int code, string said) = Guests.Run("/bin/sh", ["-c", "printf g | { \"$0\" --hold-fd 5 --exec /nonexistent/program 5<&0; }", TestRuntime.Program]);
        Assert.Equal(1, code);
        Assert.StartsWith("error: start /nonexistent/program: ", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_none_is_named()
    {
        (int code, string said) = Run(["--engine-facts", "--engine", "lib"], "/nonexistent/libwasmtime.so");
        Assert.Equal(1, code);
        Assert.StartsWith("error: engine library /nonexistent/libwasmtime.so cannot be loaded", said, StringComparison.Ordinal);
    }

    private static (int Code, string Said) Run(IReadOnlyList<string> arguments, string? library = null) =>
        Guests.Run(TestRuntime.Program, arguments, new Dictionary<string, string?> { ["WEFT_WASMTIME_LIB"] = library ?? (Prerequisite.Shared is null ? null : WasmText.Library), ["WEFT_READY_TOKEN"] = null });
}
