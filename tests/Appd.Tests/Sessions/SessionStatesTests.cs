using Weft.Appd.Sessions;
using Weft.Core.Protocol;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

/// <summary>Every state of a session × everything that can happen in it, with scripted processes and a manual clock.</summary>
public sealed class SessionStatesTests
{
    // held: spawned and waiting; letgo: the guest runs, not ready; running; stopping: asked, in its grace.
    [Theory]
    [InlineData("held", "exit 0", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("held", "exit 3", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("held", "signal", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("held", "terminate", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("held", "force", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("held", "window", "LAUNCH_ACK starting stopping stopped", "window_closed")]
    [InlineData("held", "timeout", "LAUNCH_ACK starting stopping stopped", "ready_timeout")]
    [InlineData("held", "ready exit 0", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("held", "ready report exit 0", "LAUNCH_ACK starting APP_READY running stopped", "exited")]
    [InlineData("letgo", "exit 0", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("letgo", "exit 3", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("letgo", "signal", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("letgo", "terminate exit 0", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("letgo", "terminate ready exit 0", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("letgo", "terminate grace", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("letgo", "force", "LAUNCH_ACK starting stopping stopped", "terminated")]
    [InlineData("letgo", "window exit 0", "LAUNCH_ACK starting stopping stopped", "window_closed")]
    [InlineData("letgo", "timeout exit 1", "LAUNCH_ACK starting stopping stopped", "ready_timeout")]
    [InlineData("letgo", "timeout grace", "LAUNCH_ACK starting stopping stopped", "ready_timeout")]
    [InlineData("letgo", "report exit 0", "LAUNCH_ACK starting stopped", "launch_failed")]
    [InlineData("running", "exit 0", "LAUNCH_ACK starting APP_READY running stopped", "exited")]
    [InlineData("running", "exit 3", "LAUNCH_ACK starting APP_READY running stopped", "failed")]
    [InlineData("running", "signal", "LAUNCH_ACK starting APP_READY running stopped", "crashed")]
    [InlineData("running", "ready exit 0", "LAUNCH_ACK starting APP_READY running stopped", "exited")]
    [InlineData("running", "timeout exit 0", "LAUNCH_ACK starting APP_READY running stopped", "exited")]
    [InlineData("running", "terminate exit 0", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "terminate exit 3", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "terminate grace", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "terminate terminate exit 0", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "terminate window exit 0", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "terminate force", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "force", "LAUNCH_ACK starting APP_READY running stopping stopped", "terminated")]
    [InlineData("running", "window exit 0", "LAUNCH_ACK starting APP_READY running stopping stopped", "window_closed")]
    [InlineData("running", "window terminate exit 0", "LAUNCH_ACK starting APP_READY running stopping stopped", "window_closed")]
    public async Task Every_event_in_every_state_ends_in_one_explained_stop(string state, string events, string heard, string cause)
    {
        var time = new ManualTime();
        var launcher = new ScriptedLauncher();
        await using var fixture = new SessionFixture(launcher, time) { Manifest = SessionFixture.ManifestOf("[ui]\nentry = \"ui/index.html\"") };
        SessionId id = (await fixture.LaunchAsync()).SessionId;
        ScriptedProcess process = launcher.Last;
        if (state is "letgo" or "running")
        {
            process.Report();
            await process.WasLetGo;
        }

        if (state == "running")
        {
            process.Ready();
        }

        Assert.Equal(state == "running" ? SessionState.Running : SessionState.Starting, fixture.State(id).State);
        await DoAsync(fixture, time, process, id, events.Split(' '));
        System.Text.Json.JsonElement stopped = await fixture.HearStateAsync(id, "stopped");

        Assert.Equal(cause, SessionFixture.Cause(stopped));
        Assert.Equal(heard, fixture.Heard(id));
        Assert.NotEmpty(SessionFixture.Message(stopped));
        Assert.True(process.IsDisposed);
        Assert.Equal(1, process.Kills); // the whole group, whatever became of its leader
        Assert.Equal(0, fixture.LeasesHeld);
        Assert.Equal(0, time.Waiting);
        Assert.Empty(Directory.GetFiles(fixture.Paths.RuntimeFolder, "ipc-*"));
        Assert.Equal(SessionState.Stopped, fixture.State(id).State);

        // What is over stays as it is, whoever asks for another end.
        Assert.Equal(SessionState.Stopped, (await fixture.TerminateAsync(id, force: true)).State);
        Assert.Equal(cause, fixture.State(id).End!.Cause.Wire());
    }

    [Xunit.Fact]
    public async Task A_guest_is_not_let_go_before_its_report()
    {
        var launcher = new ScriptedLauncher();
        await using var fixture = new SessionFixture(launcher, new ManualTime());
        SessionId id = (await fixture.LaunchAsync()).SessionId;

        launcher.Last.Ready(); // says more than it can: nothing of the guest runs
        Assert.Equal(SessionState.Starting, fixture.State(id).State);
        Assert.False(launcher.Last.WasLetGo.IsCompleted);

        launcher.Last.Report();
        await fixture.HearStateAsync(id, "running");
        Assert.True(launcher.Last.WasLetGo.IsCompleted);
        launcher.Last.Exit(0);
        await fixture.HearStateAsync(id, "stopped");
    }

    [Xunit.Fact]
    public async Task A_launch_whose_program_cannot_start_is_an_error_and_leaves_nothing()
    {
        var launcher = new ScriptedLauncher { Failure = new LinuxException("posix_spawn", "/nowhere", Errno.ENOENT) };
        await using var fixture = new SessionFixture(launcher, new ManualTime());

        ControlException e = await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync());

        Assert.Equal(500, e.Code);
        Assert.Contains("posix_spawn /nowhere", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, fixture.LeasesHeld);
        Assert.Empty(Directory.GetFiles(fixture.Paths.RuntimeFolder));
        Assert.Empty(Directory.GetFiles(Path.Combine(fixture.Paths.StateRoot, "ends")));
        lock (fixture.Announcements.Gate)
        {
            Assert.Empty(fixture.Table.Live());
        }
    }

    [Xunit.Fact]
    public async Task A_failed_launch_tells_the_runtimes_own_reason()
    {
        var launcher = new ScriptedLauncher();
        await using var fixture = new SessionFixture(launcher, new ManualTime());
        SessionId id = (await fixture.LaunchAsync()).SessionId;
        launcher.Last.Words = "error: no engine: name one in WEFT_WASMTIME_LIB";
        launcher.Last.Exit(1);

        System.Text.Json.JsonElement stopped = await fixture.HearStateAsync(id, "stopped");

        Assert.Contains("no engine: name one in WEFT_WASMTIME_LIB", SessionFixture.Message(stopped), StringComparison.Ordinal);
        Assert.Equal(1, stopped.GetProperty("end").GetProperty("exit_code").GetInt32());
    }

    private static async Task DoAsync(SessionFixture fixture, ManualTime time, ScriptedProcess process, SessionId id, string[] events)
    {
        for (int i = 0; i < events.Length; i++)
        {
            switch (events[i])
            {
                case "exit":
                    process.Exit(int.Parse(events[++i]));
                    break;
                case "signal":
                    process.Exit(new ExitStatus(null, Signals.SIGSEGV));
                    break;
                case "terminate":
                    Assert.Equal(SessionState.Stopping, (await fixture.TerminateAsync(id)).State);
                    break;
                case "force":
                    await fixture.TerminateAsync(id, force: true);
                    break;
                case "window":
                    fixture.Compositor.WindowClosed!(id);
                    break;
                case "timeout":
                    time.Advance(TimeSpan.FromSeconds(31));
                    break;
                case "grace":
                    Assert.False(process.WasAsked.IsCompleted); // nobody listens on the channel: the signal waits for it, for a while
                    time.Advance(new SessionLimits().Closing);
                    await process.WasAsked;
                    time.Advance(TimeSpan.FromSeconds(6));
                    break;
                case "ready":
                    process.Ready();
                    break;
                case "report":
                    process.Report();
                    break;
            }
        }
    }
}
