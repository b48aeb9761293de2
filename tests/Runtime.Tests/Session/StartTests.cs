using System.Text.Json.Nodes;
using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Runtime.Tests.Session;

public sealed class StartTests
{
    [SkippableFact]
    public async Task Nothing_happens_before_the_first_byte_and_the_guest_waits_for_the_second()
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"), letGo: false);
        Task<string?> report = runtime.Report.ReadLineAsync();
        runtime.LetGo();
        JsonNode said = JsonNode.Parse((await report.WaitAsync(TestRuntime.Deadline))!)!;
        Assert.Equal("lib", (string?)said["engine"]);
        Assert.Equal("48", (string?)said["engine_version"]);
        Assert.False((bool)said["component"]!);
        Assert.Null(runtime.End().Began);

        runtime.LetGo();
        await runtime.BeReadyAsync();
        Assert.NotNull(runtime.End().Began);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task It_leaves_without_a_trace_when_appd_is_gone(int bytes)
    {
        await using var runtime = new TestRuntime(Guests.Module("echo"), letGo: false);
        for (int i = 0; i < bytes; i++)
        {
            runtime.LetGo();
        }

        runtime.Abandon();
        Assert.Equal(new ExitStatus(0, null), await runtime.ExitAsync());
        Assert.Null(await runtime.ReadyLineAsync());
        EndRecord end = runtime.End();
        Assert.Null(end.Began);
        Assert.Null(end.Ended);
    }

    [SkippableFact]
    public async Task What_a_guest_prints_is_never_its_READY_line()
    {
        await using var runtime = new TestRuntime(Guests.Module("prints_ready"));
        await runtime.OutputAsync("READY");
        Task<string?> ready = runtime.ReadyLineAsync();
        runtime.Kill();
        Assert.Null(await ready);
    }

    [SkippableFact]
    public async Task Ready_start_is_ready_without_a_word_of_the_guest()
    {
        await using var runtime = new TestRuntime(Guests.Module("sleeps"), "none");
        await runtime.BeReadyAsync();
    }

    [SkippableFact]
    public async Task Interface_none_may_be_told_to_wait_for_a_call()
    {
        await using var runtime = new TestRuntime(Guests.Module("exits_zero"), "none", ["--ready", "call"]);
        Assert.Equal(new ExitStatus(0, null), await runtime.ExitAsync());
        Assert.Null(await runtime.ReadyLineAsync());
    }

    [SkippableFact]
    public async Task Compiled_code_runs_without_the_module()
    {
        string code = Path.GetTempFileName();
        try
        {
            Compile(Guests.Module("echo"), code);
            await using var runtime = new TestRuntime("/nonexistent.wasm", code: code);
            await runtime.BeReadyAsync();
            using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
            peer.Message("hello");
            Assert.Equal("hello", await peer.PayloadAsync());
        }
        finally
        {
            File.Delete(code);
        }
    }

    [SkippableFact]
    public async Task Code_that_is_none_refuses_the_launch_with_the_reason()
    {
        string code = Path.GetTempFileName();
        try
        {
            File.WriteAllText(code, "not code");
            await using var runtime = new TestRuntime(Guests.Module("echo"), code: code);
            Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
            EndRecord end = runtime.End();
            Assert.Equal(GuestEnd.Refused, end.Kind);
            Assert.Equal("compiled code: not written by Wasmtime; compile the module again", end.Message);
        }
        finally
        {
            File.Delete(code);
        }
    }

    [SkippableFact]
    public async Task An_import_that_nobody_offers_is_named()
    {
        string module = Guests.FromText("""(module (import "env" "secret" (func)) (func (export "_start")))""");
        await using var runtime = new TestRuntime(module, "none");
        Assert.Equal(new ExitStatus(1, null), await runtime.ExitAsync());
        Assert.Equal("set up the module: unknown import: `env::secret` has not been defined", runtime.End().Message);
    }

    private static void Compile(string module, string target)
    {
        (int code, string said) = Guests.Run("/bin/sh", ["-c", "exec \"$0\" --compile --module \"$1\" --out-fd 5 5>\"$2\"", TestRuntime.Program, module, target], new Dictionary<string, string?> { ["WEFT_WASMTIME_LIB"] = WasmText.Library });
        Assert.True(code == 0, said);
    }
}
