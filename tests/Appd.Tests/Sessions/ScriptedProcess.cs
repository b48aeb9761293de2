using Weft.Appd.Processes;
using Weft.Linux;

namespace Weft.Appd.Tests.Sessions;

/// <summary>Processes that do what a test says; nothing is started.</summary>
internal sealed class ScriptedLauncher : IRuntimeLauncher
{
    private int _pid = 100_000_000; // above pid_max: no real process is ever meant

    public bool IsForeign { get; set; }

    /// <summary>The next start fails with this.</summary>
    public IOException? Failure { get; set; }

    public List<ScriptedProcess> Started { get; } = [];

    public ScriptedProcess Last => Started[^1];

    public IRuntimeProcess Start(RuntimeLaunch launch, IRuntimeListener listener)
    {
        if (Failure is { } failure)
        {
            throw failure;
        }

        var process = new ScriptedProcess(launch, listener, Interlocked.Increment(ref _pid));
        lock (Started)
        {
            Started.Add(process);
        }

        return process;
    }
}

internal sealed class ScriptedProcess(RuntimeLaunch launch, IRuntimeListener listener, int pid) : IRuntimeProcess
{
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RuntimeLaunch Launch => launch;

    public int Pid => pid;

    public ulong StartTime => 1;

    public Task<ExitStatus> Exited => _exited.Task;

    public Task Drained => Task.CompletedTask;

    /// <summary>Completes when the guest may run.</summary>
    public Task WasLetGo => _letGo.Task;

    /// <summary>Completes with SIGTERM.</summary>
    public Task WasAsked => _asked.Task;

    public int Kills { get; private set; }

    public bool IsDisposed { get; private set; }

    public string Words { get; set; } = "";

    public bool LetGo() => _letGo.TrySetResult();

    public void StopWatchingForReady()
    {
    }

    public void AskToStop() => _asked.TrySetResult();

    public Task<IReadOnlyList<string>> KillAsync(TimeSpan deadline)
    {
        Kills++;
        Exit(new ExitStatus(null, Signals.SIGKILL));
        return Task.FromResult<IReadOnlyList<string>>([]);
    }

    public string LastWords() => Words;

    public void Dispose() => IsDisposed = true;

    public void Report(string report = "{\"engine\":\"lib\"}") => listener.OnReported(System.Text.Encoding.UTF8.GetBytes(report));

    public void Ready() => listener.OnReady();

    public void Exit(ExitStatus status) => _exited.TrySetResult(status);

    public void Exit(int code) => Exit(new ExitStatus(code, null));
}
