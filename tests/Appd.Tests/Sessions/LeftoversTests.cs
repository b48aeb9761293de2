using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Sessions;
using Weft.Appd.State;
using Weft.Core.Folders;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

/// <summary>What a dead daemon left, of real processes and files: what is ended, what is not touched, how it is explained.</summary>
public sealed class LeftoversTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("weft-leftovers-").FullName;
    private readonly WeftPaths _paths;

    public LeftoversTests()
    {
        _paths = new WeftPaths(
            name => name switch { "WEFT_RUNTIME_DIR" => Path.Combine(_root, "run"), "WEFT_STATE_DIR" => Path.Combine(_root, "state"), _ => null }, root: false, _root, _root);
        Files.MakePrivateFolder(_paths.RuntimeFolder);
        Files.MakePrivateFolder(Path.Combine(_paths.StateRoot, "ends"));
        Files.MakePrivateFolder(Path.Combine(_paths.StateRoot, "logs"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_session_that_runs_on_is_ended_with_all_that_came_from_it()
    {
        const string mark = "WEFT_READY_TOKEN=leftovers-1";
        using ChildProcess child = Spawn("setsid sleep 1000 & echo $! >\"$0\"; exec sleep 1000", mark, Path.Combine(_root, "pid"));
        int away = 0;
        await UntilAsync(() => File.Exists(Path.Combine(_root, "pid")) && int.TryParse(File.ReadAllText(Path.Combine(_root, "pid")), out away) && Linux.Processes.Find(away)?.Session == away);
        ulong awayStarted = Linux.Processes.StartTime(away)!.Value;

        EndedSession ended = await RunAsync(Live(child, mark));

        Assert.Equal(Signals.SIGKILL, (await child.Exited.WaitAsync(Patience)).Signal);
        await UntilAsync(() => Linux.Processes.Find(away) is not { IsZombie: false } now || now.StartTime != awayStarted);
        Assert.Equal(EndCause.DaemonLostIt, ended.End.Cause);
        Assert.Contains("Weft itself had stopped unexpectedly", ended.End.Message, StringComparison.Ordinal);
        Assert.Contains(ended.End.Facts, fact => fact.What.Contains($"pid {child.Pid} ran without a daemon and was killed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_only_has_its_number_is_left_alone()
    {
        using ChildProcess stranger = Spawn("exec sleep 1000", "OTHER=1", "x");

        EndedSession ended = await RunAsync(Live(stranger, "WEFT_READY_TOKEN=leftovers-2") with { PidStartTime = stranger.StartTime - 1 });

        Assert.False(stranger.Exited.IsCompleted);
        Assert.NotNull(Linux.Processes.Find(stranger.Pid));
        Assert.Equal(EndCause.DaemonLostIt, ended.End.Cause);
        await stranger.KillSessionAsync(Patience);
    }

    [Fact]
    public async Task What_ran_before_a_boot_is_over_whoever_has_its_number_now()
    {
        using ChildProcess stranger = Spawn("exec sleep 1000", "WEFT_READY_TOKEN=leftovers-3", "x");

        EndedSession ended = await RunAsync(Live(stranger, "WEFT_READY_TOKEN=leftovers-3") with { BootId = "another boot" });

        Assert.False(stranger.Exited.IsCompleted);
        Assert.Contains("was running when the machine went down", ended.End.Message, StringComparison.Ordinal);
        await stranger.KillSessionAsync(Patience);
    }

    [Fact]
    public async Task One_that_ended_by_itself_meanwhile_keeps_its_own_cause()
    {
        using (Descriptor file = EndFile(7))
        {
            var writer = new EndRecordWriter(file, TimeProvider.System);
            writer.Began();
            writer.Ended(GuestEnd.Exited, null, 3);
        }

        EndedSession ended = await RunAsync(Gone(7));

        Assert.Equal((EndCause.Failed, 3), (ended.End.Cause, ended.End.ExitCode));
        Assert.EndsWith("Weft was not running then.", ended.End.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON\n\0\0")]
    [InlineData("{\"event\":\"began\",\"at\":1}\n{\"event\":\"ended\",\"kind\":\"exited\"")]
    public async Task An_end_record_that_tells_nothing_is_an_end_that_the_daemon_lost(string content)
    {
        File.WriteAllText(Path.Combine(_paths.StateRoot, "ends", "7.end"), content);
        Assert.Equal(EndCause.DaemonLostIt, (await RunAsync(Gone(7))).End.Cause);
    }

    [Fact]
    public async Task Sockets_end_records_and_logs_of_nobody_go_and_those_of_known_ends_stay()
    {
        string[] gone = [Path.Combine(_paths.RuntimeFolder, "ipc-7.sock"), Path.Combine(_paths.RuntimeFolder, "ipc-9.sock"), Path.Combine(_paths.StateRoot, "ends", "9.end"),
            Path.Combine(_paths.StateRoot, "logs", "9.log"), Path.Combine(_paths.StateRoot, "logs", "9.log.1")];
        string[] kept = [Path.Combine(_paths.RuntimeFolder, "appd.systoken"), Path.Combine(_paths.StateRoot, "logs", "7.log"), Path.Combine(_paths.StateRoot, "logs", "notes.txt")];
        foreach (string path in gone.Concat(kept))
        {
            File.WriteAllText(path, "");
        }

        await RunAsync(Gone(7));

        Assert.DoesNotContain(gone, File.Exists);
        Assert.All(kept, path => Assert.True(File.Exists(path), path));
    }

    private async Task<EndedSession> RunAsync(LiveSession session)
    {
        using (SessionRecord record = Open())
        {
            var noted = new TaskCompletionSource();
            record.Intend(session, null, error => noted.SetResult());
            await noted.Task.WaitAsync(Patience);
            await new Leftovers(record, _paths, new SessionLimits(), TimeProvider.System, NullLogger.Instance).EndAsync().WaitAsync(Patience);
        }

        using SessionRecord after = Open();
        Assert.Empty(after.LiveSessions());
        Assert.True(after.TryGetEnded(session.SessionId, out EndedSession? ended));
        return ended;
    }

    private SessionRecord Open() => SessionRecord.Open(_paths.StateRoot, new StateLimits(), TimeProvider.System, NullLogger.Instance);

    private Descriptor EndFile(ulong id) => Files.Open(Path.Combine(_paths.StateRoot, "ends", $"{id}.end"), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append);

    private static ChildProcess Spawn(string script, string mark, string argument) => ChildProcess.Start(
        new SpawnRequest
        {
            Program = "/bin/sh",
            Arguments = ["-c", script, argument],
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", [mark.Split('=')[0]] = mark.Split('=')[1] },
        },
        mark);

    private static LiveSession Live(ChildProcess child, string mark) => Gone(7) with { Pid = child.Pid, PidStartTime = child.StartTime, Mark = mark };

    /// <summary>A session whose process is gone: no process has this number.</summary>
    private static LiveSession Gone(ulong id) => new()
    {
        SessionId = id,
        AppId = "com.example.app",
        Name = "App",
        Version = "1.0.0",
        StartedAt = 1,
        BootId = Linux.Processes.BootId,
        Pid = 100_000_000,
        PidStartTime = 1,
        Mark = "WEFT_READY_TOKEN=leftovers-gone",
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        DateTime until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until);
            await Task.Delay(5);
        }
    }
}
