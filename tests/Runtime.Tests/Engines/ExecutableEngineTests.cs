using System.Text;
using System.Text.Json;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Wasmtime;
using Weft.Tests.Support;

namespace Runtime.Tests.Engines;

public sealed class ExecutableEngineTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-exe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void It_tells_what_it_is()
    {
        using ExecutableEngine engine = new(Wasmtime());
        Assert.Equal("exe", engine.Facts.Kind);
        Assert.Equal("48.0.8", engine.Facts.Version);
        Assert.False(engine.IsComponent);
    }

    [SkippableTheory]
    [InlineData("/bin/true", "/bin/true is no Wasmtime")]
    [InlineData("/nowhere/wasmtime", "engine /nowhere/wasmtime cannot be started: posix_spawn /nowhere/wasmtime: No such file or directory (ENOENT)")]
    public void A_program_that_is_none_is_named(string path, string message)
    {
        using ExecutableEngine engine = new(new ExeProgram(path, ExeForm.Wasmtime));
        Assert.StartsWith(message, Assert.Throws<EngineException>(() => engine.Facts).Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("exits_zero", 0)]
    [InlineData("exits_three", 3)]
    [InlineData("reads_stdin", 0)]
    public async Task An_exit_code_is_the_guests(string guest, int code)
    {
        CommandResult result = await RunAsync(await ModuleAsync(guest));
        Assert.Equal((code, "", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [SkippableTheory]
    [InlineData("exe", 125, 125, "")]
    [InlineData("lib", 125, 125, "")]
    [InlineData("exe", 126, 134, "exit with invalid exit status outside of [0..126)")]
    [InlineData("lib", 126, 134, "exit with invalid exit status outside of [0..126)")]
    [InlineData("exe", 255, 134, "exit with invalid exit status outside of [0..126)")]
    [InlineData("lib", 255, 134, "exit with invalid exit status outside of [0..126)")]
    public async Task A_code_that_Wasmtime_has_not_is_a_trap_that_says_so_whatever_the_engine(string engine, int said, int code, string error)
    {
        CommandResult result = await RunAsync(await ModuleAsync("exits_with"), options: ["--engine", engine],
            input: $$$"""{"jsonrpc":"2.0","method":"message","params":{"payload":"{{{said}}}"}}""" + "\n");
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(error, result.Errors, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("unreachable", "wasm `unreachable` instruction executed")]
    [InlineData("divide", "integer divide by zero")]
    [InlineData("memory", "out of bounds memory access")]
    [InlineData("null_function", "uninitialized element")]
    public async Task A_trap_is_named_with_its_backtrace(string kind, string cause)
    {
        CommandResult result = await RunAsync(await ModuleAsync("trap"), [kind]);
        Assert.Equal(134, result.ExitCode);
        string told = result.Errors[(result.Errors.LastIndexOf("error: ", StringComparison.Ordinal) + 7)..];
        Assert.Contains(cause, told, StringComparison.Ordinal);
        Assert.Contains("0x", told, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_guest_sees_its_arguments_environment_and_folders_and_nothing_else()
    {
        File.WriteAllText(Path.Combine(_folder, "there"), "");
        CommandResult result = await RunAsync(await ModuleAsync("tells_world"), ["--help", "-x", "ü"],
            ["--preopen", $"{_folder}::/data::rw", "--env", "A=b=c", "--env", "LD_PRELOAD=/x"],
            """{"jsonrpc":"2.0","method":"message","params":{"payload":"?"}}""" + "\n" + """{"jsonrpc":"2.0","method":"closing","params":{"grace_ms":1}}""" + "\n");
        Assert.Equal(0, result.ExitCode);
        string line = result.Output.Split('\n').Single(text => text.Contains("\"send\"", StringComparison.Ordinal));
        string[] facts = JsonDocument.Parse(line).RootElement.GetProperty("params").GetProperty("payload").GetString()!.Split('\n');
        Assert.Equal(["arg --help", "arg -x", "arg ü"], facts.Where(fact => fact.StartsWith("arg ", StringComparison.Ordinal)));
        Assert.Equal(["env A=b=c", "env LD_PRELOAD=/x"], facts.Where(fact => fact.StartsWith("env ", StringComparison.Ordinal)));
        Assert.Equal(["open /data opened"], facts.Where(fact => fact.StartsWith("open ", StringComparison.Ordinal) && fact.EndsWith(" opened", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task Memory_ends_at_its_limit()
    {
        // It grows by whole MiB from where its data ends, so the last one does not fit.
        CommandResult result = await RunAsync(await ModuleAsync("takes_memory"), options: ["--linear-memory", "33554432"]);
        Assert.Equal(("31 MiB\n", 5), (result.Output, result.ExitCode));
    }

    [SkippableFact]
    public async Task A_memory_that_begins_over_the_limit_is_refused()
        => Assert.Contains("exceeds memory limits", (await RunAsync(await ModuleAsync("exits_zero"), options: ["--linear-memory", "65536"])).Errors, StringComparison.Ordinal);

    [SkippableFact]
    public async Task A_folder_to_read_only_refuses_the_launch()
    {
        CommandResult result = await RunAsync(await ModuleAsync("exits_zero"), options: ["--preopen", $"{_folder}::/data::ro"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("cannot hold a guest to reading /data: this app needs libwasmtime, run `weft engine install`", result.Errors, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("spins", "TERM")]
    [InlineData("sleeps", "TERM")]
    [InlineData("spins", "KILL")]
    [InlineData("sleeps", "KILL")]
    public async Task The_end_of_the_runtime_is_the_guests_wherever_it_is_and_leaves_nothing(string guest, string signal)
    {
        // An argument by which a left-over engine would be found.
        string unique = Guid.NewGuid().ToString("N");
        using System.Diagnostics.Process runtime = Commands.Start(Program, Line(await ModuleAsync(guest), arguments: [unique]), Variables(Wasmtime()));
        int engine = 0;
        try
        {
            long began = System.Diagnostics.Stopwatch.GetTimestamp();
            while ((engine = Processes.All().Find(process => process.Parent == runtime.Id && Processes.CommandOf(process.Pid)?.StartsWith(Wasmtime().Path + " run", StringComparison.Ordinal) == true)?.Pid ?? 0) == 0)
            {
                Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) < Patience && !runtime.HasExited, "the engine never came");
                await Task.Delay(10);
            }

            await Commands.SignalAsync(runtime.Id, signal);
            await runtime.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            // Both, whatever failed: a guest that spins would spin on.
            if (!runtime.HasExited)
            {
                runtime.Kill(entireProcessTree: true);
            }
        }

        // A killed runtime could wait for nobody: the kernel ends its engine right after it.
        long ended = System.Diagnostics.Stopwatch.GetTimestamp();
        while (Processes.All().Exists(process => !process.IsZombie && Processes.CommandOf(process.Pid)?.Contains(unique, StringComparison.Ordinal) == true))
        {
            Assert.True(signal == "KILL" && System.Diagnostics.Stopwatch.GetElapsedTime(ended) < Patience, "the engine runs on");
            await Task.Delay(10);
        }

        Assert.True(Processes.Find(engine) is null or { IsZombie: true });
    }

    [SkippableTheory]
    [InlineData("\0asm\u000d\0\u0001\0", "is a component, which engine")]
    [InlineData("(module)", "is no WebAssembly")]
    [InlineData("", "is no WebAssembly")]
    public void What_is_no_module_is_refused_before_anything_starts(string content, string message)
    {
        string path = Path.Combine(_folder, "x.wasm");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
        using ExecutableEngine engine = new(new ExeProgram("/nowhere/wasmtime", ExeForm.Wasmtime));
        EngineException error = Assert.Throws<EngineException>(() => engine.Load(new GuestProgram(path, -1, 1 << 20)));
        Assert.Equal(EngineFailure.Module, error.Failure);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_module_that_is_not_there_is_named()
    {
        using ExecutableEngine engine = new(new ExeProgram("/nowhere/wasmtime", ExeForm.Wasmtime));
        Assert.Contains("/nowhere.wasm", Assert.Throws<EngineException>(() => engine.Load(new GuestProgram("/nowhere.wasm", -1, 1 << 20))).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_stand_in_runs_a_module_with_its_folder_and_holds_it_to_its_memory()
    {
        ExeProgram wizer = Wizer();
        CommandResult result = await RunAsync(await ModuleAsync("takes_memory"), options: ["--linear-memory", "33554432"], program: wizer);
        Assert.Equal(("31 MiB\n", 5), (result.Output, result.ExitCode));
        Assert.Equal(3, (await RunAsync(await ModuleAsync("exits_three"), program: wizer)).ExitCode);
        Assert.Equal(0, (await RunAsync(await ModuleAsync("exits_zero"), options: ["--preopen", $"{_folder}::/data::rw"], program: wizer)).ExitCode);
        Assert.Equal(64, (await RunAsync(await ModuleAsync("trap"), program: wizer)).ExitCode); // it misses its argument
        Assert.Contains("call stack exhausted", (await RunAsync(await ModuleAsync("recurses"), program: wizer)).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_stand_in_refuses_what_it_cannot_give()
    {
        ExeProgram wizer = new("/nowhere/wizer", ExeForm.Wizer);
        string module = await ModuleAsync("exits_zero");
        Assert.Contains("gives a guest no arguments", (await RunAsync(module, ["x"], program: wizer)).Errors, StringComparison.Ordinal);
        Assert.Contains("gives a guest no environment", (await RunAsync(module, options: ["--env", "A=B"], program: wizer)).Errors, StringComparison.Ordinal);
        Assert.Contains("cannot hold a guest to reading /d", (await RunAsync(module, options: ["--preopen", $"{_folder}::/d::ro"], program: wizer)).Errors, StringComparison.Ordinal);
    }

    private static ExeProgram Wasmtime() => new(Prerequisite.SharedFile("wasmtime/48.0.8/bin/wasmtime"), ExeForm.Wasmtime);

    private static ExeProgram Wizer()
    {
        string path = Path.Combine(Prerequisite.Root, "tests/Runtime.Tests/wizer/node_modules/@bytecodealliance/wizer-linux-x64/wizer");
        Prerequisite.Need(File.Exists(path), "npm's wizer (npm ci in tests/Runtime.Tests/wizer, as ./dev test does)");
        return new ExeProgram(path, ExeForm.Wizer);
    }

    private static async Task<string> ModuleAsync(string guest) => Path.Combine(await Weft.Tests.Support.Guests.FolderAsync(Weft.Tests.Support.Guests.Id(guest)), "app.wasm");

    /// <summary>Runs the runtime by hand: the guest's streams are its own then.</summary>
    private static Task<CommandResult> RunAsync(string module, string[]? arguments = null, string[]? options = null, string? input = null, ExeProgram? program = null)
        => Commands.RunAsync(Program, Line(module, options, arguments), Variables(program ?? Wasmtime()), input, Patience);

    private static string Program => Path.Combine(AppContext.BaseDirectory, "weft-runtime");

    private static string[] Line(string module, string[]? options = null, string[]? arguments = null)
        => ["org.weft.test", "1", "--module", module, "--engine", "exe", "--interface", "none", .. options ?? [], "--", .. arguments ?? []];

    private static Dictionary<string, string> Variables(ExeProgram program) => new() { [ExeProgram.Variable] = program.Path };
}
