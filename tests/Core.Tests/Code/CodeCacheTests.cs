using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Weft.Core.Code;
using Weft.Core.Store;
using Weft.Core.Tests.Store;
using Weft.Linux;
using Xunit;

namespace Weft.Core.Tests.Code;

public sealed class CodeCacheTests
{
    private const string Copy = "echo run >> LOG; { echo compiled; cat /proc/self/fd/3; } >&4";

    private static readonly EngineFacts Engine = new() { LibraryPath = "/lib/engine.so", Sha256 = new string('e', 64), Major = 48, Settings = "a,b" };

    [Fact]
    public async Task A_module_is_compiled_once_and_read_only()
    {
        using Setup setup = new(Copy);
        await using CodeCache cache = setup.Cache();
        using (Descriptor code = await setup.GetAsync(cache))
        {
            Assert.Equal("compiled\nmodule", Encoding.UTF8.GetString(Files.ReadAll(code, 100)));
            Assert.Throws<LinuxException>(() => Files.WriteAt(code, "x"u8, 0));
        }

        string file = Assert.Single(setup.Entries());
        Assert.Equal((UnixFileMode)0x124, File.GetUnixFileMode(file));
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(setup.Folder["cache/code"]));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(setup.Folder["state/code.key"]));
        Assert.Empty(Directory.GetFiles(setup.Folder["cache/code"], ".*"));

        ValueTask<Descriptor> warm = setup.GetAsync(cache);
        Assert.True(warm.IsCompleted);
        (await warm).Dispose();
        await using CodeCache next = setup.Cache();
        (await setup.GetAsync(next)).Dispose();
        Assert.Equal(1, setup.Runs());
        Assert.Equal(1, cache.Compiled);
        Assert.Equal(0, next.Compiled);
    }

    [Fact]
    public async Task Callers_of_the_same_module_share_one_compiler_and_one_who_leaves_does_not_end_it()
    {
        using Setup setup = new(Copy + "; read x < FIFO");
        Process.Start("mkfifo", setup.Folder["FIFO"]).WaitForExit();
        await using CodeCache cache = setup.Cache();
        using CancellationTokenSource leave = new();
        Task<Descriptor> gone = cache.GetAsync(setup.Module, setup.Sha256, Engine, leave.Token).AsTask();
        Task<Descriptor>[] others = [.. Enumerable.Range(0, 5).Select(_ => setup.GetAsync(cache).AsTask())];
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await File.WriteAllTextAsync(setup.Folder["FIFO"], "go\n");
        foreach (Descriptor code in await Task.WhenAll(others))
        {
            code.Dispose();
        }

        Assert.Equal(1, setup.Runs());
    }

    public static TheoryData<string, Action<string, string>> Tampering => new()
    {
        { "patched code", (code, _) => Rewrite(code, b => b[0] ^= 1) },
        { "appended code", (code, _) => { Writable(code); File.AppendAllText(code, "x"); } },
        { "cut off code", (code, _) => Rewrite(code, null, 3) },
        { "empty code", (code, _) => Rewrite(code, null, 0) },
        { "no HMAC", (code, _) => File.Delete(Path.ChangeExtension(code, ".mac")) },
        { "another HMAC", (code, _) => File.WriteAllText(Path.ChangeExtension(code, ".mac"), new string('0', 64)) },
        { "a huge HMAC", (code, _) => File.WriteAllBytes(Path.ChangeExtension(code, ".mac"), new byte[1 << 20]) },
        { "code and hash by someone without the key", (code, _) => { Rewrite(code, b => b[0] ^= 1); File.WriteAllText(Path.ChangeExtension(code, ".mac"), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(code)))); } },
        { "a link", (code, root) => { File.Move(code, Path.Combine(root, "real")); File.CreateSymbolicLink(code, Path.Combine(root, "real")); } },
        { "a FIFO", (code, _) => { File.Delete(code); Process.Start("mkfifo", code).WaitForExit(); } },
        { "another state root", (_, root) => File.Delete(Path.Combine(root, "state/code.key")) },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task What_Weft_did_not_write_is_compiled_again(string what, Action<string, string> tamper)
    {
        using Setup setup = new(Copy);
        await using (CodeCache cache = setup.Cache())
        {
            (await setup.GetAsync(cache)).Dispose();
        }

        string file = Assert.Single(setup.Entries());
        tamper(file, setup.Folder.Path);
        await using CodeCache next = setup.Cache();
        using Descriptor code = await setup.GetAsync(next);
        Assert.Equal("compiled\nmodule", Encoding.UTF8.GetString(Files.ReadAll(code, 100)));
        Assert.True(setup.Runs() == 2, what);
    }

    [Fact]
    public async Task A_change_under_a_running_daemon_is_noticed_too()
    {
        using Setup setup = new(Copy);
        await using CodeCache cache = setup.Cache();
        (await setup.GetAsync(cache)).Dispose();
        await Task.Delay(20); // one tick of the kernel's clock
        Rewrite(Assert.Single(setup.Entries()), b => b[0] ^= 1);
        using Descriptor code = await setup.GetAsync(cache);
        Assert.Equal("compiled\nmodule", Encoding.UTF8.GetString(Files.ReadAll(code, 100)));
        Assert.Equal(2, setup.Runs());
    }

    [Fact]
    public async Task Another_module_engine_or_setting_has_an_entry_of_its_own_that_fits_no_other()
    {
        using Setup setup = new(Copy);
        await using CodeCache cache = setup.Cache();
        (await setup.GetAsync(cache)).Dispose();
        string first = Assert.Single(setup.Entries());
        foreach (EngineFacts engine in (EngineFacts[])[Engine with { Sha256 = new string('f', 64) }, Engine with { Settings = "a" }])
        {
            (await cache.GetAsync(setup.Module, setup.Sha256, engine, CancellationToken.None)).Dispose();
        }

        (await cache.GetAsync(setup.Module, new byte[32], Engine, CancellationToken.None)).Dispose();
        Assert.Equal(4, setup.Entries().Length);

        // One entry's files under another's name.
        string second = setup.Entries().First(e => e != first);
        File.Move(first, second, overwrite: true);
        File.Move(Path.ChangeExtension(first, ".mac"), Path.ChangeExtension(second, ".mac"), overwrite: true);
        await using CodeCache next = setup.Cache();
        foreach (EngineFacts engine in (EngineFacts[])[Engine, Engine with { Sha256 = new string('f', 64) }, Engine with { Settings = "a" }])
        {
            (await next.GetAsync(setup.Module, setup.Sha256, engine, CancellationToken.None)).Dispose();
        }

        (await next.GetAsync(setup.Module, new byte[32], Engine, CancellationToken.None)).Dispose();

        // The one that is gone and the one that has its files.
        Assert.Equal(2, next.Compiled);
    }

    [Theory]
    [InlineData("echo 'error: no WebAssembly' >&2; exit 1", CompileFailure.Refused, "no WebAssembly")]
    [InlineData("exit 3", CompileFailure.NoCompiler, "failed with exit code 3")]
    [InlineData("echo oops >&2; exit 134", CompileFailure.NoCompiler, "failed with exit code 134: oops")]
    [InlineData("kill -ABRT $$", CompileFailure.TooComplex, "the compiler was killed by SIGABRT; it may use 1024 MiB: the module is too complex")]
    [InlineData("head -c 3000000 /dev/zero >&4", CompileFailure.NoCompiler, "failed with")]
    public async Task A_failed_compilation_says_why_and_leaves_nothing(string script, CompileFailure failure, string message)
    {
        using Setup setup = new(script);
        await using CodeCache cache = setup.Cache(o => o with { LargestCode = 1 << 20 });
        CompileException e = await Assert.ThrowsAsync<CompileException>(async () => await setup.GetAsync(cache));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(failure, e.Failure);
        Assert.Empty(Directory.GetFileSystemEntries(setup.Folder["cache/code"]));
    }

    [Fact]
    public async Task A_flood_of_messages_is_cut_and_holds_nothing_up()
    {
        using Setup setup = new("while echo noise; do :; done >&2 2>/dev/null; exit 1");
        await using CodeCache cache = setup.Cache();
        CompileException e = await Assert.ThrowsAsync<CompileException>(async () => await setup.GetAsync(cache));
        Assert.InRange(e.Message.Length, 1, 20_000);
    }

    [Fact]
    public async Task A_compiler_that_takes_too_long_is_killed_with_all_it_started()
    {
        using Setup setup = new("(trap '' TERM; echo $BASHPID >> PIDS; sleep 1000) & echo $$ >> PIDS; sleep 1000");
        await using CodeCache cache = setup.Cache(o => o with { Deadline = TimeSpan.FromSeconds(1) });
        CompileException e = await Assert.ThrowsAsync<CompileException>(async () => await setup.GetAsync(cache));
        Assert.Equal(CompileFailure.TooComplex, e.Failure);
        Assert.Equal("compiling took longer than 1 s and was ended: the module is too complex", e.Message);
        foreach (string pid in File.ReadAllLines(setup.Folder["PIDS"]))
        {
            // Gone, or a zombie that nobody in this container waits for: either has no command line.
            Assert.True(!File.Exists($"/proc/{pid}/cmdline") || File.ReadAllText($"/proc/{pid}/cmdline").Length == 0, pid);
        }
    }

    [Fact]
    public async Task The_compilers_memory_is_limited()
    {
        using Setup setup = new("ulimit -v >&4");
        await using CodeCache cache = setup.Cache();
        using Descriptor code = await setup.GetAsync(cache);
        Assert.Equal("1048576\n", Encoding.UTF8.GetString(Files.ReadAll(code, 100)));
    }

    [Fact]
    public async Task The_compiler_gets_three_descriptors_and_five_variables()
    {
        using Setup setup = new("{ ls /proc/self/fd; env | cut -d= -f1 | sort; } >&4");
        await using CodeCache cache = setup.Cache();
        using Descriptor code = await setup.GetAsync(cache);
        string[] lines = Encoding.UTF8.GetString(Files.ReadAll(code, 1000)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["DOTNET_GCHeapHardLimit", "DOTNET_GCRegionRange", "MALLOC_ARENA_MAX", "PATH", "PWD", "SHLVL", "WEFT_WASMTIME_LIB", "_"], lines.Where(static l => !char.IsAsciiDigit(l[0])).Order(StringComparer.Ordinal));

        // ls opens one itself.
        Assert.InRange(lines.Count(static l => char.IsAsciiDigit(l[0])), 5, 6);
    }

    [Fact]
    public async Task A_missing_compiler_is_named()
    {
        using Setup setup = new(Copy);
        await using CodeCache cache = setup.Cache(o => o with { RuntimeProgram = "/nowhere/weft-runtime" });
        CompileException e = await Assert.ThrowsAsync<CompileException>(async () => await setup.GetAsync(cache));
        Assert.Equal(CompileFailure.NoCompiler, e.Failure);
        Assert.StartsWith("the compiler /nowhere/weft-runtime does not start: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_entries_go_when_there_are_too_many_bytes()
    {
        using Setup setup = new("head -c 1000 /dev/zero >&4");
        await using CodeCache cache = setup.Cache(o => o with { TotalBytes = 3000 });
        for (byte i = 0; i < 8; i++)
        {
            byte[] sha = new byte[32];
            sha[0] = i;
            (await cache.GetAsync(setup.Module, sha, Engine, CancellationToken.None)).Dispose();
        }

        Assert.InRange(setup.Entries().Length, 2, 4);
        Assert.Equal(setup.Entries().Length, Directory.GetFiles(setup.Folder["cache/code"], "*.mac").Length);
    }

    [Theory]
    [InlineData("{\"format\":2}", "format 2, this Weft reads up to 1")]
    [InlineData("{\"format\":1,\"key\":\"abc\"}", "holds no key")]
    [InlineData("nonsense", "is damaged")]
    public async Task A_key_that_cannot_be_read_is_left_as_it_is(string content, string message)
    {
        using Setup setup = new(Copy);
        Directory.CreateDirectory(setup.Folder["state"]);
        File.WriteAllText(setup.Folder["state/code.key"], content);
        await using CodeCache cache = setup.Cache();
        PackageException e = await Assert.ThrowsAsync<PackageException>(async () => await setup.GetAsync(cache));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(setup.Folder["state/code.key"]));
    }

    private static void Writable(string path) => File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static void Rewrite(string path, Action<byte[]>? change, int? length = null)
    {
        byte[] bytes = File.ReadAllBytes(path);
        change?.Invoke(bytes);
        Writable(path);
        File.WriteAllBytes(path, length is { } kept ? bytes[..kept] : bytes);
    }

    /// <summary>A compiler that is a shell script: module on 3, output on 4. LOG, PIDS and FIFO are files of the test.</summary>
    private sealed class Setup : IDisposable
    {
        public Setup(string script)
        {
            File.WriteAllText(Folder["compiler"], "#!/bin/bash\n" + script.Replace("LOG", Folder["LOG"], StringComparison.Ordinal)
                .Replace("PIDS", Folder["PIDS"], StringComparison.Ordinal).Replace("FIFO", Folder["FIFO"], StringComparison.Ordinal) + "\n");
            File.SetUnixFileMode(Folder["compiler"], (UnixFileMode)0x1C0);
            File.WriteAllText(Folder["module"], "module");
            Module = Files.Open(Folder["module"], OpenFlags.ReadOnly);
            Sha256 = SHA256.HashData("module"u8);
        }

        public TestFolder Folder { get; } = new();

        public Descriptor Module { get; }

        public byte[] Sha256 { get; }

        public CodeCache Cache(Func<CodeCacheOptions, CodeCacheOptions>? change = null)
        {
            CodeCacheOptions options = new() { CacheFolder = Folder["cache"], StateRoot = Folder["state"], RuntimeProgram = Folder["compiler"] };
            return new CodeCache(change?.Invoke(options) ?? options, TimeProvider.System);
        }

        public ValueTask<Descriptor> GetAsync(CodeCache cache) => cache.GetAsync(Module, Sha256, Engine, CancellationToken.None);

        public string[] Entries() => Directory.GetFiles(Folder["cache/code"], "*.cwasm");

        public int Runs() => File.ReadAllLines(Folder["LOG"]).Length;

        public void Dispose()
        {
            Module.Dispose();
            Folder.Dispose();
        }
    }
}
