using System.Diagnostics;
using System.Globalization;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Tests.Bench;

/// <summary>LAUNCH_APP written to APP_READY read, in turns with what it is compared with; then what idle sessions weigh.</summary>
internal static class LaunchBench
{
    private const string App = "com.example.counter";
    private const int WarmUp = 20;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public static async Task<BenchResult> RunAsync(BenchOptions options)
    {
        string install = Environment.GetEnvironmentVariable("WEFT_OUT") is { Length: > 0 } set ? set : Path.GetFullPath("out");
        string package = Path.GetFullPath(Path.Combine("artifacts/examples", App));
        using Baselines baselines = new(install, Path.Combine(package, "app.wasm"));
        await using BenchDaemon daemon = await BenchDaemon.StartAsync(install, package);
        using ControlSocket socket = await daemon.ConnectAsync();
        socket.Send(new Subscribe());
        socket.Read<Subscribed>();

        List<double> launch = [], wasmtime = [], cHost = [], aot = [];
        for (int turn = -WarmUp; turn < options.Turns; turn++)
        {
            double launched = Launch(socket, out SessionId session);
            Terminate(socket, session);
            double run = baselines.Wasmtime is null ? double.NaN : baselines.WasmtimeRun();
            double c = baselines.CHost is null ? double.NaN : baselines.CHostRun();
            double bare = baselines.AotProcess();
            if (turn >= 0)
            {
                launch.Add(launched);
                wasmtime.Add(run);
                cHost.Add(c);
                aot.Add(bare);
            }
        }

        BenchResult result = new();
        double median = result.AddPercentiles("launch_ready_ms", launch);
        result.AddPercentiles("aot_process_ms", aot);
        if (baselines.Wasmtime is not null)
        {
            double run = result.AddPercentiles("wasmtime_run_ms", wasmtime);
            result.Add("ratio", median / run);
            if (baselines.CHost is not null)
            {
                double c = result.AddPercentiles("c_host_ms", cHost);
                result.Add("c_host_ratio", c / run);
            }
        }

        await WeighAsync(socket, daemon.Pid, options.Sessions, result);
        return result;
    }

    private static double Launch(ControlSocket socket, out SessionId session)
    {
        byte[] request = Frames.Encode(new LaunchApp { AppId = App });
        long from = Stopwatch.GetTimestamp();
        socket.Send(request);
        AppReady ready = socket.Read<AppReady>();
        session = ready.SessionId;
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }

    private static void Terminate(ControlSocket socket, SessionId session)
    {
        socket.Send(new TerminateApp { SessionId = session, Force = true });
        socket.Read<AppState>(state => state.SessionId == session && state.State == SessionState.Stopped);
    }

    /// <summary>Memory and CPU time of idle sessions and of the daemon that has them.</summary>
    private static async Task WeighAsync(ControlSocket socket, int appd, int count, BenchResult result)
    {
        List<(SessionId Session, int Pid)> sessions = [];
        for (int i = 0; i < count; i++)
        {
            Launch(socket, out SessionId session);
            sessions.Add((session, 0));
        }

        socket.Send(new QueryRunning());
        List<int> pids = [.. socket.Read<RunningApps>().Sessions.Select(session => session.Pid)];
        await Task.Delay(TimeSpan.FromSeconds(1));
        double before = pids.Sum(CpuSeconds), daemonBefore = CpuSeconds(appd);
        await Task.Delay(Idle);
        result.Add("session_cpu_percent", (pids.Sum(CpuSeconds) - before) / Idle.TotalSeconds / count * 100);
        result.Add("appd_cpu_percent", (CpuSeconds(appd) - daemonBefore) / Idle.TotalSeconds * 100);
        result.Add("session_pss_kb", pids.Average(pid => (Processes.Pss(pid) ?? 0) / 1024.0));
        result.Add("appd_pss_kb", (Processes.Pss(appd) ?? 0) / 1024.0);
        foreach ((SessionId session, _) in sessions)
        {
            Terminate(socket, session);
        }
    }

    /// <summary>CPU time from /proc/PID/schedstat, which counts nanoseconds (stat counts ticks of 10 ms).</summary>
    private static double CpuSeconds(int pid)
    {
        double sum = 0;
        foreach (string task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            sum += double.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture) / 1e9;
        }

        return sum;
    }
}
