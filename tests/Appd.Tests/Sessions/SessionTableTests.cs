using Weft.Core.Protocol;
using Weft.Core.Settings;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

public sealed class SessionTableTests
{
    private readonly ScriptedLauncher _launcher = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task The_same_request_id_gets_the_same_session_and_another_app_409()
    {
        await using var fixture = new SessionFixture(_launcher, _time);
        var request = new LaunchApp { AppId = SessionFixture.App, RequestId = "r1" };

        LaunchAck[] acks = await Task.WhenAll(fixture.LaunchAsync(request), fixture.LaunchAsync(request), fixture.LaunchAsync(request));

        Assert.Single(acks.Select(ack => ack.SessionId).Distinct());
        Assert.Single(_launcher.Started);
        ControlException e = await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync(request with { AppId = "com.example.other" }));
        Assert.Equal(409, e.Code);
        await EndAllAsync(fixture);
    }

    [Fact]
    public async Task A_request_id_is_known_to_the_next_daemon_too()
    {
        string root = Directory.CreateTempSubdirectory("weft-sessions-").FullName;
        var request = new LaunchApp { AppId = SessionFixture.App, RequestId = "r1" };
        var first = new SessionFixture(_launcher, _time, root);
        SessionId id = (await first.LaunchAsync(request)).SessionId;
        await EndAllAsync(first);
        await first.Compositor.DisposeAsync();
        first.Record.Dispose();

        await using var second = new SessionFixture(_launcher, _time, root);

        Assert.Equal(id, (await second.LaunchAsync(request)).SessionId);
        Assert.Single(_launcher.Started);
    }

    [Fact]
    public async Task A_single_app_that_runs_is_found_also_by_launches_at_once()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Manifest = SessionFixture.ManifestOf("[runtime]\nsingle = true") };

        LaunchAck[] acks = await Task.WhenAll(fixture.LaunchAsync(), fixture.LaunchAsync());
        LaunchAck third = await fixture.LaunchAsync();

        Assert.Equal(2, acks.Append(third).Count(ack => ack.Existing == true));
        Assert.Single(_launcher.Started);
        Assert.Equal(1, fixture.LeasesHeld);
        await EndAllAsync(fixture);
    }

    [Theory]
    [InlineData("not an id", null, 400)]
    [InlineData("com.example.gone", null, 404)]
    [InlineData(SessionFixture.App, "900%", 400)]
    [InlineData(SessionFixture.App, "much", 400)]
    public async Task A_bad_launch_is_an_error_before_a_session_exists(string app, string? cpu, int code)
    {
        await using var fixture = new SessionFixture(_launcher, _time);
        var request = new LaunchApp { AppId = app, Limits = cpu is null ? null : new LimitValues { Cpu = cpu } };

        Assert.Equal(code, (await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync(request))).Code);

        Assert.Empty(_launcher.Started);
        Assert.Equal(0, fixture.LeasesHeld);
        Assert.Equal("", fixture.Heard(new SessionId(0)));
    }

    [Fact]
    public async Task Enforcement_that_is_required_refuses_every_launch()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Settings = WeftSettings.Defaults with { Enforcement = Enforcement.Require } };

        ControlException e = await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync());

        Assert.Equal(403, e.Code);
        Assert.Contains("policy.enforcement", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Above_the_most_sessions_a_launch_is_429()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Settings = WeftSettings.Defaults with { MaximumSessions = 1 } };
        await fixture.LaunchAsync();

        Assert.Equal(429, (await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync())).Code);

        await EndAllAsync(fixture);
    }

    [Fact]
    public async Task A_state_that_cannot_be_written_refuses_the_launch_and_kills_what_was_started()
    {
        await using var fixture = new SessionFixture(_launcher, _time);
        Directory.CreateDirectory(Path.Combine(fixture.Paths.StateRoot, "sessions.json", "in the way"));

        ControlException e = await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync());

        Assert.Equal(500, e.Code);
        Assert.Contains("could not be recorded", e.Message, StringComparison.Ordinal);
        await _launcher.Last.Exited;
        Assert.False(_launcher.Last.WasLetGo.IsCompleted);
        Assert.Empty(fixture.Record.LiveSessions());
    }

    [Fact]
    public async Task An_app_that_fails_is_started_again_under_a_new_id_until_a_person_ends_it()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Manifest = SessionFixture.ManifestOf("[supervision]\nrestart = \"always\"") };
        SessionId first = (await fixture.LaunchAsync()).SessionId;
        _launcher.Last.Exit(1);
        await fixture.HearStateAsync(first, "stopped");

        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.Single(_launcher.Started);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await fixture.HearAsync(message => message.GetProperty("type").GetString() == "LAUNCH_ACK" && message.GetProperty("session_id").GetUInt64() != first.Value);
        SessionInfo second;
        lock (fixture.Announcements.Gate)
        {
            second = Assert.Single(fixture.Table.Live());
        }

        Assert.Equal(first, second.RestoredFrom);
        await fixture.TerminateAsync(second.SessionId);
        await fixture.HearStateAsync(second.SessionId, "stopped");
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(2, _launcher.Started.Count);
    }

    [Fact]
    public async Task Terminating_what_has_ended_also_ends_its_coming_back()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Manifest = SessionFixture.ManifestOf("[supervision]\nrestart = \"on-failure\"") };
        SessionId id = (await fixture.LaunchAsync()).SessionId;
        _launcher.Last.Exit(1);
        await fixture.HearStateAsync(id, "stopped");

        Assert.Equal(SessionState.Stopped, (await fixture.TerminateAsync(id)).State);
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Single(_launcher.Started);
    }

    [Fact]
    public async Task An_orderly_stop_ends_all_and_refuses_launches()
    {
        await using var fixture = new SessionFixture(_launcher, _time);
        SessionId one = (await fixture.LaunchAsync()).SessionId;
        SessionId two = (await fixture.LaunchAsync()).SessionId;

        await fixture.Table.StopAllAsync(EndCause.Shutdown, new CancellationToken(canceled: true));

        Assert.Equal(EndCause.Shutdown, fixture.State(one).End!.Cause);
        Assert.Equal(EndCause.Shutdown, fixture.State(two).End!.Cause);
        Assert.Equal(503, (await Assert.ThrowsAsync<ControlException>(() => fixture.LaunchAsync())).Code);
    }

    [Fact]
    public async Task An_unknown_session_is_404_but_for_its_state()
    {
        await using var fixture = new SessionFixture(_launcher, _time);
        var nobody = new SessionId(7);

        Assert.Equal(SessionState.NotFound, fixture.State(nobody).State);
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.TerminateAsync(nobody))).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.Table.ForwardAsync(nobody, "x", default))).Code);
        Assert.Equal(404, Assert.Throws<ControlException>(() => fixture.Inspect(nobody)).Code);
        Assert.Equal(404, Assert.Throws<ControlException>(() => fixture.Table.Focus(nobody)).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.Table.ReadLogAsync(nobody, null, null, default))).Code);
    }

    [Fact]
    public async Task The_data_folder_is_made_for_those_who_have_it_and_nobody_else_reads_it()
    {
        await using var fixture = new SessionFixture(_launcher, _time) { Manifest = SessionFixture.ManifestOf("", "\"fs:rw:app-data\"") };
        await fixture.LaunchAsync();

        Weft.Appd.Processes.Preopen data = Assert.Single(_launcher.Last.Launch.Preopens);
        Assert.Equal("/data", data.Guest);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data.Host));
        await EndAllAsync(fixture);
    }

    private static Task EndAllAsync(SessionFixture fixture) => fixture.Table.StopAllAsync(EndCause.Shutdown, new CancellationToken(canceled: true));
}
