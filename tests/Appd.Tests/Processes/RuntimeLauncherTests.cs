using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Processes;
using Weft.Core.Apps;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Appd.Tests.Processes;

/// <summary>What a runtime is started with, and what of its answers counts. The runtimes are scripts of bash: dash has no descriptors above 9.</summary>
public sealed class RuntimeLauncherTests : IDisposable
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-launcher-").FullName;
    private readonly Listener _listener = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_has_the_descriptors_variables_and_arguments_that_were_named_and_no_other()
    {
        RuntimeProgram program = await OwnAsync("echo \"$@\" >\"$0.args\"; exec sleep 1000");
        using IRuntimeProcess process = Start(program, withCode: true);
        string arguments = Path.Combine(_folder, "runtime.args");
        await UntilAsync(() => Linux.Processes.Find(process.Pid)?.Name == "sleep");

        // The kernel names it before it gives it its environment, and while it loads its libraries it has one descriptor more; what leaked would stay.
        await UntilAsync(() => File.ReadAllText($"/proc/{process.Pid}/environ").Length > 0 && Open().Count() <= 13);
        Assert.Equal(Enumerable.Range(0, 13).Select(i => $"{i}").Order(StringComparer.Ordinal), Open());

        IEnumerable<string> Open() => Directory.GetFileSystemEntries($"/proc/{process.Pid}/fd").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [$"WEFT_READY_TOKEN={Token}", "WEFT_WASMTIME_LIB=/nowhere/lib.so"],
            File.ReadAllText($"/proc/{process.Pid}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(variable => variable.StartsWith("WEFT", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("HOME=", File.ReadAllText($"/proc/{process.Pid}/environ"), StringComparison.Ordinal);
        Assert.Equal(
            "com.example.app 7 --module fd:3 --interface jsonrpc --ready call --ipc-fd 4 --output-fd 5 --error-fd 6 --event-fd 7 --end-fd 8 --hold-fd 9 --report-fd 10 "
            + "--linear-memory 1048576 --code fd:11 --preopen fd:12::/data::rw --preopen /documents::/xdg/documents::ro --grant net:fetch:example.com --env A=b=c -- one two\n",
            await File.ReadAllTextAsync(arguments));

        Assert.Empty(await process.KillAsync(Patience));
        Assert.Equal(Signals.SIGKILL, (await process.Exited.WaitAsync(Patience)).Signal);
    }

    [Fact]
    public async Task It_is_held_twice_and_only_the_line_with_the_token_makes_it_ready()
    {
        RuntimeProgram program = await OwnAsync(
            """
            first=$(head -c1 <&9); echo '{"engine":"test"}' >&10
            echo READY; echo "READY x"; echo " READY $WEFT_READY_TOKEN"; head -c 100000 /dev/zero | tr '\0' x; echo "READY $WEFT_READY_TOKEN"
            second=$(head -c1 <&9); echo "READY $WEFT_READY_TOKEN"; echo "READY $WEFT_READY_TOKEN"
            [ "$first$second" = sg ] && exit 7
            """);
        using IRuntimeProcess process = Start(program);

        Assert.Equal("{\"engine\":\"test\"}", await _listener.Reported.Task.WaitAsync(Patience));
        Assert.Equal(0, _listener.Readies);
        Assert.True(process.LetGo());
        Assert.False(process.LetGo()); // once
        Assert.Equal(7, (await process.Exited.WaitAsync(Patience)).Code);
        await process.Drained.WaitAsync(Patience);
        Assert.Equal(1, _listener.Readies);
        Assert.Equal(("", ""), _listener.Foreign);
    }

    public static TheoryData<string, string> Errors => new()
    {
        { "echo 'error: the reason' >&2; exit 3", "error: the reason" },
        { "head -c 300000 /dev/zero | tr '\\0' x >&2 2>/dev/null; exit 3", new string('x', 4096) },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task What_it_says_on_standard_error_never_makes_it_wait_and_its_end_is_kept_once(string script, string words)
    {
        using IRuntimeProcess process = Start(await OwnAsync(script));
        Assert.Equal(3, (await process.Exited.WaitAsync(Patience)).Code);
        Assert.Equal(words, process.LastWords());
        Assert.Equal("", process.LastWords());
    }

    [Fact]
    public async Task A_report_that_is_too_long_is_none()
    {
        RuntimeProgram program = await OwnAsync("head -c 70000 /dev/zero | tr '\\0' x >&10; echo >&10; echo '{\"second\":1}' >&10; exit 0");
        using IRuntimeProcess process = Start(program);
        Assert.Equal("{\"second\":1}", await _listener.Reported.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_foreign_program_is_started_through_the_one_that_holds_it_and_all_it_prints_is_taken()
    {
        string holder = Script("holder", "[ \"$1\" = --protocol ] && { echo 'weft-runtime 1'; exit; }\n[ \"$1 $2 $3\" = '--hold-fd 9 --exec' ] || exit 9\nshift 3; head -c1 <&9 >/dev/null; exec \"$@\"");
        RuntimeProgram program = await AskAsync(Script("foreign", "echo \"$@\"; echo READY; echo after; echo wrong >&2; exit 4"), holder);
        using IRuntimeProcess process = Start(program);
        Assert.True(process.LetGo());
        Assert.Equal(4, (await process.Exited.WaitAsync(Patience)).Code);
        await process.Drained.WaitAsync(Patience);
        Assert.Equal(1, _listener.Readies);
        Assert.Equal(("com.example.app 7\nREADY\nafter\n", "wrong\n"), _listener.Foreign);
    }

    [Theory]
    [InlineData(null, false, "/nowhere/weft-runtime")]
    [InlineData("exit 1", true, "no weft-runtime that could hold it")] // foreign, and nothing beside it
    public async Task A_program_that_cannot_be_started_is_an_error_that_says_why(string? script, bool foreign, string why)
    {
        RuntimeProgram program = await AskAsync(script is null ? "/nowhere/weft-runtime" : Script("runtime", script), null);
        Assert.Equal(foreign, program.IsForeign);
        Assert.Contains(why, Assert.Throws<IOException>(() => Start(program)).Message, StringComparison.Ordinal);
    }

    private async Task<RuntimeProgram> OwnAsync(string script)
    {
        string path = Script("runtime", "[ \"$1\" = --protocol ] && { echo 'weft-runtime 1'; exit; }\n" + script);
        RuntimeProgram program = await AskAsync(path, path, new KeyValuePair<string, string>("WEFT_WASMTIME_LIB", "/nowhere/lib.so"));
        Assert.False(program.IsForeign);
        return program;
    }

    private static Task<RuntimeProgram> AskAsync(string path, string? holder, params KeyValuePair<string, string>[] engine) =>
        RuntimeProgram.AskAsync(path, holder, engine, SessionUser.Own, TimeProvider.System);

    private string Script(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/bash\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return path;
    }

    private IRuntimeProcess Start(RuntimeProgram program, bool withCode = false)
    {
        string file = Path.Combine(_folder, "file");
        using Descriptor any = Files.Open(file, OpenFlags.ReadWrite | OpenFlags.Create);
        using Descriptor ring = OutputRing.Create("test");
        using Descriptor folder = Files.Open(_folder, OpenFlags.ReadOnly | OpenFlags.Directory);
        Assert.True(AppId.TryParse("com.example.app", out AppId app));
        return new RuntimeLauncher(program, TimeProvider.System, NullLogger<RuntimeLauncher>.Instance).Start(
            new RuntimeLaunch
            {
                App = app,
                Session = new SessionId(7),
                Token = Token,
                Module = any,
                ModulePath = file,
                Code = withCode ? any : null,
                Interface = "jsonrpc",
                Ready = ReadyMode.Call,
                Preopens = withCode ? [new Preopen(_folder, "/data", FolderAccess.ReadWrite, folder), new Preopen("/documents", "/xdg/documents", FolderAccess.ReadOnly)] : [],
                Grants = ["net:fetch:example.com"],
                Environment = new Dictionary<string, string> { ["A"] = "b=c" },
                Arguments = ["one", "two"],
                LinearMemory = 1 << 20,
                Channel = any,
                Output = ring,
                Error = ring,
                Event = ring,
                End = any,
            },
            _listener);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        DateTime until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until);
            await Task.Delay(5);
        }
    }

    private sealed class Listener : IRuntimeListener
    {
        private readonly StringBuilder _output = new(); // this and the next guarded by this one
        private readonly StringBuilder _error = new();
        private int _readies;

        public TaskCompletionSource<string> Reported { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Readies => Volatile.Read(ref _readies);

        /// <summary>What a foreign program wrote to its standard output and error: each in order, and neither before or after the other.</summary>
        public (string Output, string Error) Foreign
        {
            get
            {
                lock (_output)
                {
                    return (_output.ToString(), _error.ToString());
                }
            }
        }

        public void OnReported(byte[] report) => Reported.TrySetResult(Encoding.UTF8.GetString(report));

        public void OnReady() => Interlocked.Increment(ref _readies);

        public void OnForeignOutput(ReadOnlySpan<byte> bytes, bool error)
        {
            lock (_output)
            {
                (error ? _error : _output).Append(Encoding.UTF8.GetString(bytes));
            }
        }
    }
}
