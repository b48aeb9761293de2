using System.Text.Json;
using Weft.Cli.Tests.Support;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Cli.Tests;

/// <summary>Verbs against a daemon that answers as scripted: what is sent, what is printed, how it ends.</summary>
public sealed class DaemonTests : IDisposable
{
    private static readonly SessionId Id = new(1_764_000_001);

    private readonly Support.Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Launch_waits_until_the_app_runs_and_prints_the_number_alone()
    {
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            Subscribe => [FakeAnswer.Reply(new Subscribed { Sessions = [] })],
            LaunchApp => [
                FakeAnswer.Event(State(SessionState.Running) with { SessionId = new SessionId(7) }),
                FakeAnswer.Reply(Launched()),
                FakeAnswer.Event(State(SessionState.Starting)),
                FakeAnswer.Event(new AppReady { SessionId = Id, AppId = "com.example.notes" }),
                FakeAnswer.Event(State(SessionState.Running))],
            _ => [FakeAnswer.Error(400, "unexpected")],
        });
        Outcome outcome = await _cli.RunAsync("launch com.example.notes --cpu 50% --memory 64M --tasks 8 --env A=b=c -- -x y");
        Assert.Equal(new Outcome(0, "1764000001\n", ""), outcome);
        LaunchApp sent = daemon.Requests.OfType<LaunchApp>().Single();
        Assert.Equal(["-x", "y"], sent.Args);
        Assert.Equal("b=c", sent.Env!["A"]);
        Assert.Equal(new LimitValues { Cpu = "50%", Memory = "64M", Tasks = 8 }, sent.Limits);
    }

    [Fact]
    public async Task Launch_of_an_app_that_ends_before_it_runs_says_why_and_fails()
    {
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            Subscribe => [FakeAnswer.Reply(new Subscribed { Sessions = [] })],
            _ => [FakeAnswer.Reply(Launched()), FakeAnswer.Event(State(SessionState.Stopped, EndCause.LaunchFailed, "The app ended\u001b before it was ready."))],
        });
        Assert.Equal(
            new Outcome(1, "", "error: launch com.example.notes: session 1764000001 ended before it ran: launch_failed: The app ended\\u{1B} before it was ready.; see weft logs 1764000001\n"),
            await _cli.RunAsync("launch com.example.notes"));
    }

    [Fact]
    public async Task Launch_of_a_single_app_that_runs_prints_the_session_at_once()
    {
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            Subscribe => [FakeAnswer.Reply(new Subscribed { Sessions = [] })],
            _ => [FakeAnswer.Reply(Launched() with { Existing = true })],
        });
        Assert.Equal(new Outcome(0, "{\"session_id\":1764000001}\n", ""), await _cli.RunAsync("launch com.example.notes --json"));
    }

    [Theory]
    [InlineData(404, 1)]
    [InlineData(403, 1)]
    [InlineData(429, 75)]
    [InlineData(503, 75)]
    [InlineData(500, 1)]
    public async Task An_error_of_the_daemon_is_shown_as_it_is(int code, int exitCode)
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Error(code, "query: no; mend it")]);
        Assert.Equal(new Outcome(exitCode, "", "error: query: no; mend it\n"), await _cli.RunAsync("ps"));
    }

    [Fact]
    public async Task A_daemon_that_hangs_up_is_an_error()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.HangUp]);
        Assert.Equal(new Outcome(1, "", "error: the daemon closed the connection\n"), await _cli.RunAsync("ps"));
    }

    [Fact]
    public async Task A_daemon_that_answers_something_else_is_an_error()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Reply(new Ok())]);
        Assert.Equal(new Outcome(1, "", "error: QUERY_RUNNING was answered with OK; is the daemon of another version?\n"), await _cli.RunAsync("ps"));
    }

    [Fact]
    public async Task Ps_lists_sessions_as_a_table_and_as_the_replys_own_array()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Reply(new RunningApps { Sessions = [Session()] })]);
        Outcome table = await _cli.RunAsync("ps");
        string[] lines = table.Out.Split('\n');
        Assert.Matches("^SESSION     APP                VERSION  STATE    PID  UP +CONTROLLER  NOTE$", lines[0]);
        Assert.StartsWith("1764000001  com.example.notes  1.0.0    running  42   ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("development", lines[1], StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await _cli.RunAsync("ps --json")).Out);
        Assert.Equal(1_764_000_001, json.RootElement[0].GetProperty("session_id").GetInt64());
    }

    [Fact]
    public async Task Json_of_a_single_reply_is_the_object_without_its_envelope()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Reply(new StatusReply { Version = "0.1.0", Instance = "i", StartedAt = 1, Parts = [], Counts = new Dictionary<string, ulong> { ["apps"] = 2 } })]);
        Assert.Equal(
            new Outcome(0, "{\"version\":\"0.1.0\",\"instance\":\"i\",\"started_at\":1,\"parts\":[],\"counts\":{\"apps\":2}}\n", ""),
            await _cli.RunAsync("status --json"));
    }

    [Fact]
    public async Task Events_come_as_one_object_a_line_after_the_cut()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [
            FakeAnswer.Reply(new Subscribed { Sessions = [] }),
            FakeAnswer.Event(new IpcMessage { SessionId = Id, Payload = "{\"count\":1}" }),
            FakeAnswer.HangUp]);
        Outcome outcome = await _cli.RunAsync("events --json");
        Assert.Equal(1, outcome.Code);
        string[] lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal("SUBSCRIBED", JsonDocument.Parse(lines[0]).RootElement.GetProperty("type").GetString());
        Assert.Equal("{\"count\":1}", JsonDocument.Parse(lines[1]).RootElement.GetProperty("payload").GetString());
    }

    [Fact]
    public async Task Events_for_people_cannot_act_on_the_terminal()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [
            FakeAnswer.Reply(new Subscribed { Sessions = [] }),
            FakeAnswer.Event(new IpcMessage { SessionId = Id, Payload = "\u001b[2J\nx" }),
            FakeAnswer.HangUp]);
        Assert.Contains("IPC_MESSAGE 1764000001 \\u{1B}[2J\\u{A}x\n", (await _cli.RunAsync("events")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_ends_each_session_and_goes_on_after_an_error()
    {
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            Subscribe => [FakeAnswer.Reply(new Subscribed { Sessions = [] })],
            TerminateApp { SessionId.Value: 5 } => [FakeAnswer.Error(404, "terminate 5: no such session")],
            TerminateApp => [FakeAnswer.Reply(State(SessionState.Stopping)), FakeAnswer.Event(State(SessionState.Stopped, EndCause.Terminated, "Ended by a person."))],
            _ => [],
        });
        Assert.Equal(
            new Outcome(1, "1764000001 terminated: Ended by a person.\n", "error: terminate 5: no such session\n"),
            await _cli.RunAsync("terminate --force 5 1764000001"));
        Assert.All(daemon.Requests.OfType<TerminateApp>(), static r => Assert.True(r.Force));
    }

    [Fact]
    public async Task Logs_follow_until_the_session_has_ended()
    {
        int asked = 0;
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            ReadLog { Since: null } => [FakeAnswer.Reply(LogOf(1, "one"))],
            ReadLog { Since: 1 } => [FakeAnswer.Reply(LogOf(2, "two"))],
            ReadLog { Since: 2 } => [FakeAnswer.Reply(LogOf(2))],
            QueryAppState => [FakeAnswer.Reply(++asked < 3 ? State(SessionState.Running) : State(SessionState.Stopped, EndCause.Failed, "Exit code 3."))],
            _ => [],
        });
        Outcome outcome = await _cli.RunAsync("logs -f 1764000001");
        Assert.Equal((1, "session 1764000001 ended: failed: Exit code 3.\n"), (outcome.Code, outcome.Error));
        Assert.Equal(["out  one", "out  two"], outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l[20..]));
    }

    [Fact]
    public async Task Install_names_the_whole_path_and_shows_plain_progress()
    {
        Directory.CreateDirectory(_cli.PathOf("package"));
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            Install => [
                FakeAnswer.Reply(new Progress { What = "copy", Done = 1, Total = 2 }),
                FakeAnswer.Reply(new Progress { What = "copy", Done = 2, Total = 2 }),
                FakeAnswer.Reply(new Progress { What = "compile", Done = 0, Total = 0 }),
                FakeAnswer.Reply(new AppsChanged { AppId = "com.example.notes", Version = "1.0.0" })],
            _ => [FakeAnswer.Reply(new InstalledApps { Apps = [App()] })],
        });
        Assert.Equal(
            new Outcome(0, "installed com.example.notes 1.0.0\n", "copy (2)\ncompile\nit asks for sys:notifications; to agree: weft approve com.example.notes\n"),
            await _cli.RunAsync($"install --dev {_cli.PathOf("package")}"));
        Install sent = daemon.Requests.OfType<Install>().Single();
        Assert.Equal((_cli.PathOf("package"), true, false), (sent.Ref, sent.Dev, sent.Approve));
    }

    [Fact]
    public async Task Install_of_what_is_not_there_asks_nobody()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Error(500, "asked")]);
        Assert.Equal(
            new Outcome(1, "", $"error: install {_cli.PathOf("nothing")}: there is no such folder or archive; name a package's folder or a .wapp file\n"),
            await _cli.RunAsync($"install {_cli.PathOf("nothing")}"));
        Assert.Empty(daemon.Requests);
    }

    [Fact]
    public async Task Send_refuses_what_no_session_would_take()
    {
        Outcome outcome = await _cli.RunAsync("weft", ["send", "1", new string('é', 32_769)]);
        Assert.Equal(new Outcome(1, "", "error: send: the message has 65538 bytes and may have 65536; send it in parts\n"), outcome);
    }

    [Fact]
    public async Task Ui_prints_the_url_and_token_the_token()
    {
        await using FakeDaemon daemon = _cli.Daemon(request => request switch
        {
            MintToken { Role: ClientRole.System, Once: true } => [FakeAnswer.Reply(new TokenReply { Token = "t", Url = "http://localhost:7410/#code=t" })],
            MintToken { Role: ClientRole.Observer, Once: false, TtlS: 60 } => [FakeAnswer.Reply(new TokenReply { Token = "o" })],
            RevokeTokens => [FakeAnswer.Reply(new Ok())],
            _ => [FakeAnswer.Error(400, "unexpected")],
        });
        Assert.Equal(new Outcome(0, "http://localhost:7410/#code=t\n", ""), await _cli.RunAsync("ui"));
        Assert.Equal(new Outcome(0, "o\n", ""), await _cli.RunAsync("token --observer --ttl 60"));
        Assert.Equal(new Outcome(0, "all credentials have ended\n", ""), await _cli.RunAsync("token --revoke-all"));
    }

    [Fact]
    public async Task Settings_are_read_by_their_form_before_they_are_sent()
    {
        await using FakeDaemon daemon = _cli.Daemon(_ => [FakeAnswer.Reply(new Settings { Values = [] })]);
        Assert.Equal(new Outcome(0, "", ""), await _cli.RunAsync("settings set sessions.grace 7"));
        Assert.Equal(new Outcome(0, "", ""), await _cli.RunAsync("settings set policy.approve auto"));
        Assert.Equal(new Outcome(0, "", ""), await _cli.RunAsync("settings unset policy.approve"));
        Assert.Equal(new Outcome(1, "", "error: set sessions.grace: 99 is out of range: 0 to 60\n"), await _cli.RunAsync("settings set sessions.grace 99"));
        Assert.Equal(["7", "\"auto\"", null], daemon.Requests.OfType<SetSetting>().Select(static s => s.Value?.GetRawText()));
    }

    private static LaunchAck Launched() => new() { SessionId = Id, AppId = "com.example.notes" };

    private static AppState State(SessionState state) => new() { SessionId = Id, State = state };

    private static AppState State(SessionState state, EndCause cause, string message) =>
        State(state) with { End = new SessionEnd { Cause = cause, Message = message, Facts = [] } };

    private static Log LogOf(ulong next, params string[] lines) => new()
    {
        SessionId = Id,
        Next = next,
        Entries = [.. lines.Select(static l => new LogEntry { At = 1_764_000_000_000, Stream = "out", Text = l })],
    };

    private static SessionInfo Session() => new()
    {
        SessionId = Id,
        AppId = "com.example.notes",
        Name = "Notes",
        Version = "1.0.0",
        State = SessionState.Running,
        StartedAt = 1_764_000_000_000,
        Pid = 42,
        Backend = "host",
        RuntimeVersion = "0.1.0",
        Epoch = 0,
        Console = false,
        Development = true,
    };

    private static AppInfo App() => new()
    {
        AppId = "com.example.notes",
        Name = "Notes",
        Version = "1.0.0",
        Capabilities = ["sys:notifications"],
        Single = false,
        Source = AppSource.Development,
        Trusted = false,
        Backends = ["host"],
        NeedsApproval = true,
        Unapproved = ["sys:notifications"],
    };
}
