using System.Diagnostics;
using Weft.Linux;

namespace Weft.Tests.Bench;

/// <summary>What a launch is compared with: the same module started by something else, from spawn to the first byte of its stdout.</summary>
internal sealed class Baselines : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-bench.").FullName;
    private readonly string _install;

    public Baselines(string install, string module)
    {
        _install = install;
        string shared = Environment.GetEnvironmentVariable("WEFT_SHARED") is { Length: > 0 } set ? set : Path.GetFullPath("../shared");
        string engine = Path.Combine(shared, "wasmtime/48.0.8");
        Wasmtime = First(Environment.GetEnvironmentVariable("WEFT_WASMTIME_BIN"), Path.Combine(engine, "bin/wasmtime"), "/usr/local/bin/wasmtime", "/usr/bin/wasmtime");
        if (Wasmtime is not null)
        {
            Compiled = Path.Combine(_folder, "module.cwasm");
            Run(Wasmtime, "compile", module, "-o", Compiled);
        }

        if (Compiled is not null && Directory.Exists(Path.Combine(engine, "include")) && File.Exists("/usr/bin/cc"))
        {
            CHost = Path.Combine(_folder, "c-host");
            Run("/usr/bin/cc", "-O2", "-I", Path.Combine(engine, "include"), "tests/Bench/c-host/host.c", "-o", CHost,
                "-L", engine, "-lwasmtime", $"-Wl,-rpath,{Path.GetFullPath(engine)}");
            CHostCompiled = Path.Combine(_folder, "c-host.cwasm");
            Run(CHost, module, CHostCompiled);
        }
    }

    /// <summary>Wasmtime's own command line, or null.</summary>
    public string? Wasmtime { get; }

    /// <summary>The host in C, or null where headers or a compiler are missing.</summary>
    public string? CHost { get; }

    private string? Compiled { get; }

    private string? CHostCompiled { get; }

    public double WasmtimeRun() => FirstByte(Wasmtime!, ["run", "--allow-precompiled", Compiled!]);

    public double CHostRun() => FirstByte(CHost!, [CHostCompiled!]);

    /// <summary>A NativeAOT process of Weft's that prints a line and leaves.</summary>
    public double AotProcess() => FirstByte(Path.Combine(_install, "lib/weft/weft-runtime"), ["--protocol"]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? First(params string?[] candidates) => Array.Find(candidates, File.Exists);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    /// <summary>Milliseconds from just before the spawn to the first byte of stdout. Stdin stays open, so the guest waits as in a session.</summary>
    private static double FirstByte(string program, string[] arguments)
    {
        (Descriptor inRead, Descriptor inWrite) = Files.Pipe();
        (Descriptor outRead, Descriptor outWrite) = Files.Pipe();
        using (inRead)
        using (inWrite)
        using (outRead)
        using (outWrite)
        {
            Span<byte> one = stackalloc byte[1];
            SpawnRequest request = new()
            {
                Program = program,
                Arguments = arguments,
                Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/tmp" },
                Descriptors = [new PassedDescriptor(inRead, 0), new PassedDescriptor(outWrite, 1)],
            };
            long from = Stopwatch.GetTimestamp();
            using ChildProcess child = ChildProcess.Start(request);
            outWrite.Dispose();
            if (Files.Read(outRead, one) != 1)
            {
                throw new InvalidOperationException($"{program} printed nothing");
            }

            double taken = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
            child.Signal(Signals.SIGKILL);
            child.Exited.GetAwaiter().GetResult();
            return taken;
        }
    }
}
