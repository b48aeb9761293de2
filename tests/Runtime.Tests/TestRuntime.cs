using System.Net.Sockets;
using System.Text;
using Weft.Core.Output;
using Weft.Linux;
using Xunit;

namespace Runtime.Tests;

/// <summary>
/// A weft-runtime started the way appd starts it: held, with rings, an end file, a report and a listening socket for its channel. The binary is the
/// one beside the tests, or <c>WEFT_RUNTIME_BIN</c> (a published one). The engine is the library, or an executable where one is named.
/// </summary>
internal sealed class TestRuntime : IAsyncDisposable
{
    public const string Token = "test-token";

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-runtime-").FullName;
    private readonly ChildProcess _child;
    private readonly StreamReader _ready;
    private readonly Descriptor _hold;
    private readonly Descriptor _output;
    private readonly Descriptor _error;
    private readonly Descriptor _end;
    private readonly EventDescriptor _event;

    public TestRuntime(string module, string @interface = "jsonrpc", IReadOnlyList<string>? options = null, IReadOnlyList<string>? arguments = null, bool letGo = true, string? code = null, string? executable = null)
    {
        SocketPath = Path.Combine(_folder, "ipc.sock");
        using Socket listener = UnixSockets.Listen(SocketPath);
        _output = OutputRing.Create("out");
        _error = OutputRing.Create("err");
        _event = EventDescriptor.Create();
        _end = Files.Open(Path.Combine(_folder, "end"), OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append, 0x180);
        (Descriptor holdRead, _hold) = Files.Pipe();
        (Descriptor readyRead, Descriptor readyWrite) = Files.Pipe();
        (Descriptor reportRead, Descriptor reportWrite) = Files.Pipe();
        using var listening = new Descriptor((int)listener.SafeHandle.DangerousGetHandle());
        List<PassedDescriptor> passed =
        [
            new(readyWrite, 1), new(listening, 10), new(_output, 11), new(_error, 12), new(_event.Descriptor, 13), new(_end, 14), new(holdRead, 15), new(reportWrite, 16),
        ];
        List<string> line =
        [
            "com.example.test", "7", "--module", module, "--interface", @interface, "--ipc-fd", "10", "--output-fd", "11", "--error-fd", "12", "--event-fd", "13",
            "--end-fd", "14", "--hold-fd", "15", "--report-fd", "16", .. options ?? [],
        ];
        using Descriptor? compiled = code is null ? null : Files.Open(code, OpenFlags.ReadOnly);
        if (compiled is not null)
        {
            passed.Add(new(compiled, 17));
            line.AddRange(["--code", "fd:17"]);
        }

        if (executable is not null)
        {
            line.AddRange(["--engine", "exe"]);
        }

        line.AddRange(["--", .. arguments ?? []]);
        _child = ChildProcess.Start(new SpawnRequest
        {
            Program = Program,
            Arguments = line,
            Environment = new Dictionary<string, string>
            {
                ["PATH"] = "/usr/bin:/bin",
                ["WEFT_READY_TOKEN"] = Token,
                ["WEFT_WASMTIME_LIB"] = WasmText.Library,
                ["WEFT_WASMTIME_BIN"] = executable ?? "",
                ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "/usr/share/dotnet",
            },
            Descriptors = passed,
        });
        listening.SetHandleAsInvalid();
        foreach (Descriptor given in new[] { holdRead, readyWrite, reportWrite })
        {
            given.Dispose();
        }

        _ready = new StreamReader(new FileStream(readyRead.ToFileHandle(), FileAccess.Read, 1));
        Report = new StreamReader(new FileStream(reportRead.ToFileHandle(), FileAccess.Read, 1));
        if (letGo)
        {
            LetGo();
            LetGo();
        }
    }

    /// <summary>The binary under test.</summary>
    public static string Program => Environment.GetEnvironmentVariable("WEFT_RUNTIME_BIN") is { Length: > 0 } named ? named : Path.Combine(AppContext.BaseDirectory, "weft-runtime");

    public string SocketPath { get; }

    public int Pid => _child.Pid;

    /// <summary>What the runtime writes to its report.</summary>
    public StreamReader Report { get; }

    /// <summary>Writes one byte of the hold.</summary>
    public void LetGo() => Files.Write(_hold, "g"u8);

    /// <summary>The writer of the hold goes away.</summary>
    public void Abandon() => _hold.Dispose();

    /// <summary>The next line of the runtime's own standard output; null where it ends.</summary>
    public async Task<string?> ReadyLineAsync() => await _ready.ReadLineAsync().WaitAsync(Deadline);

    /// <summary>Waits for the line that says so.</summary>
    public async Task BeReadyAsync()
    {
        string? line = await ReadyLineAsync();
        Assert.True(line == $"READY {Token}", $"instead of READY: '{line}'; log: {ErrorText()}; end: {End()}");
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate() => _child.Signal(Signals.SIGTERM);

    public void Kill() => _child.Signal(9);

    public async Task<ExitStatus> ExitAsync() => await _child.Exited.WaitAsync(Deadline);

    public EndRecord End() => EndRecordReader.Read(_end);

    public string OutputText() => Text(_output);

    public string ErrorText() => Text(_error);

    /// <summary>Waits until the output holds a text.</summary>
    public async Task<string> OutputAsync(string wanted, bool error = false)
    {
        long until = Environment.TickCount64 + (long)Deadline.TotalMilliseconds;
        while (true)
        {
            string text = error ? ErrorText() : OutputText();
            if (text.Contains(wanted, StringComparison.Ordinal))
            {
                return text;
            }

            Assert.True(Environment.TickCount64 < until, $"no '{wanted}' in: {text}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _child.KillSessionAsync(TimeSpan.FromSeconds(5));
        await _child.Exited.WaitAsync(Deadline);
        _child.Dispose();
        _ready.Dispose();
        Report.Dispose();
        foreach (Descriptor own in new[] { _hold, _output, _error, _end })
        {
            own.Dispose();
        }

        _event.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(Descriptor ring)
    {
        byte[] buffer = new byte[OutputRing.DefaultSize];
        OutputPiece piece = new OutputRingReader(ring).Read(buffer);
        return Encoding.UTF8.GetString(buffer, 0, piece.Length);
    }
}
