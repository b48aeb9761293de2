using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Components: 0.1.0 as apps of the Rust Weft import it, 0.2.0, and one that brings a JavaScript engine.</summary>
[Collection(DaemonCollection.Name)]
public sealed class ComponentTests(SharedDaemon shared)
{
    [SkippableTheory]
    [InlineData("component010")]
    [InlineData("component020")]
    public async Task Every_import_but_files_does_what_it_does_for_modules(string name)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
        Assert.Equal("pong", await app.AskAsync("ping"));
        Assert.Equal("Ω 🧵", await app.AskAsync("Ω 🧵"));
        Assert.Equal("notify ok", await app.AskAsync("notify"));
        Assert.Equal("Title", (string?)(await app.Peer.NextAsync("NOTIFICATION", app.Id))["title"]);
        Assert.Equal("clipboard.write ok", await app.AskAsync("clipboard.write kept 🧵"));
        Assert.Equal("clipboard.read ok kept 🧵", await app.AskAsync("clipboard.read"));
        Assert.StartsWith("fetch error ", await app.AskAsync("fetch http://127.0.0.1/"), StringComparison.Ordinal);
        await app.SayAsync("quit");
        Assert.Equal("exited", (string?)(await app.EndAsync())["cause"]);
    }

    [SkippableTheory]
    [InlineData("component010")]
    [InlineData("component020")]
    public async Task Fetch_gives_a_component_status_type_and_body(string name)
    {
        Daemon daemon = await shared.GetAsync();
        var asked = new TaskCompletionSource<TestRequest>();
        await using var server = new TestServer(request =>
        {
            asked.TrySetResult(request);
            return ("200 OK", "text/x-test", "body"u8.ToArray(), null);
        });
        string id = $"org.weft.test.{name}.fetching";
        string folder = await Guests.CopyAsync(Guests.Id(name), Path.Combine(daemon.Top, "packages"), id);
        string manifest = Path.Combine(folder, "wapp.toml");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"net:fetch:*\"", $"\"net:fetch:127.0.0.1:{server.Port}\", \"net:fetch:local\"", StringComparison.Ordinal));
        await daemon.InstallFolderAsync(folder);
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, id);
        Assert.Equal("fetch ok 200 text/x-test 4 body", await app.AskAsync($"post http://127.0.0.1:{server.Port}/path?q=1"));
        TestRequest request = await asked.Task;
        Assert.Equal(("POST", "/path?q=1"), (request.Method, request.Path));
        Assert.Contains(request.Headers, header => header.Equals("x-weft: test", StringComparison.OrdinalIgnoreCase));
    }

    [SkippableTheory]
    [InlineData("component010", "fail", "failed")]
    [InlineData("component010", "trap", "crashed")]
    [InlineData("component020", "fail", "failed")]
    [InlineData("component020", "trap", "crashed")]
    public async Task A_component_ends_as_a_module_does(string name, string word, string cause)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
        await app.SayAsync(word);
        Assert.Equal(cause, (string?)(await app.EndAsync())["cause"]);
    }

    [SkippableTheory]
    [InlineData("component010", null)] // cannot hear it, and is interrupted
    [InlineData("component020", 0)] // hears closing in wait, and returns
    public async Task Terminate_ends_a_component(string name, int? code)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id(name));
        await app.TerminateAsync();
        JsonObject end = await app.EndAsync();
        Assert.Equal("terminated", (string?)end["cause"]);
        if (code is not null)
        {
            Assert.Equal(code, (int?)end["exit_code"]);
        }
    }

    [SkippableFact]
    public async Task An_idle_component_that_waits_costs_no_CPU()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("component020"));
        Assert.Equal("pong", await app.AskAsync("ping"));
        ProcessFacts before = await app.RuntimeAsync();
        await Task.Delay(TimeSpan.FromSeconds(2)); // the span that is measured
        Assert.InRange(ProcessTable.Read(before.Pid)!.Value.CpuTicks - before.CpuTicks, 0ul, 1ul);
    }

    [SkippableFact]
    public async Task A_component_with_an_engine_of_its_own_calls_both_versions()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("componentboth"));
        foreach (int version in (int[])[1, 2])
        {
            Assert.Equal($"{version} notify ok", await app.AskAsync($"{version} notify"));
            Assert.Equal($"{version} notify ok", await app.AskAsync($"{version} notify icon.svg"));
            Assert.Equal($"{version} clipboard.write ok", await app.AskAsync($"{version} clipboard.write from {version}"));
            Assert.Equal($"{version} clipboard.read ok from {version}", await app.AskAsync($"{version} clipboard.read"));
            Assert.StartsWith($"{version} fetch error ", await app.AskAsync($"{version} fetch http://127.0.0.1/"), StringComparison.Ordinal);
        }

        Assert.Equal("1 recv ok none", await app.AskAsync("1 recv"));
        await app.TerminateAsync();
        Assert.Equal("terminated", (string?)(await app.EndAsync())["cause"]);
    }
}
