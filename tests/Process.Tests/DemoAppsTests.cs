using System.Net;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

[Collection(DaemonCollection.Name)]
public sealed class DemoAppsTests(SharedDaemon shared)
{
    [SkippableFact]
    public async Task Counter_counts_to_three_and_leaves_when_asked()
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp counter = await RunningApp.LaunchAsync(daemon, "com.example.counter");
        Assert.Equal("1", await counter.AskAsync("increment"));
        Assert.Equal("2", await counter.AskAsync("increment"));
        Assert.Equal("3", await counter.AskAsync("increment"));
        Assert.Equal("3", await counter.AskAsync("get"));
        Assert.StartsWith("error: say increment", await counter.AskAsync("Größe 🧶 \"\\\n"), StringComparison.Ordinal);

        ProcessFacts runtime = await counter.RuntimeAsync();
        Assert.Contains((string)(await counter.TerminateAsync())["state"]!, (string[])["stopping", "stopped"]);
        JsonObject end = await counter.EndAsync();
        Assert.Equal("terminated", (string?)end["cause"]);
        Assert.False(runtime.Runs);
    }

    [SkippableFact]
    public async Task Notes_are_there_again_after_a_new_launch()
    {
        Daemon daemon = await shared.GetAsync();
        await using (RunningApp notes = await RunningApp.LaunchAsync(daemon, "com.example.notes"))
        {
            Assert.Equal("{\"notes\":[\"Milch & „Brötchen“ 🥨\"]}", await notes.AskAsync("add Milch & „Brötchen“ 🥨"));
            await notes.TerminateAsync();
            Assert.Equal("terminated", (string?)(await notes.EndAsync())["cause"]);
        }

        await using RunningApp again = await RunningApp.LaunchAsync(daemon, "com.example.notes");
        Assert.Equal("{\"notes\":[\"Milch & „Brötchen“ 🥨\"]}", await again.AskAsync("list"));
        Assert.Equal("{\"notes\":[]}", await again.AskAsync("remove 0"));

        // single = true: a second launch is the running one.
        JsonObject ack = await again.Peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", new JsonObject { ["app_id"] = "com.example.notes" });
        Assert.Equal(again.Id, (ulong)ack["session_id"]!);
        Assert.True((bool?)ack["existing"]);
    }

    [SkippableFact]
    public async Task Clock_strikes_by_itself_and_on_demand_and_sleeps_between()
    {
        Daemon.NeedLibrary();
        Daemon daemon = await shared.GetAsync();
        await using RunningApp clock = await RunningApp.LaunchAsync(daemon, "com.example.clock", new JsonObject { ["args"] = new JsonArray("0") });
        ProcessFacts before = await clock.RuntimeAsync();
        Assert.Matches("^[0-2][0-9](:[0-5][0-9]){2}$", await clock.AskAsync("now"));
        JsonObject notification = await clock.Peer.NextAsync("NOTIFICATION", clock.Id);
        Assert.Equal("Clock", (string?)notification["title"]);
        await clock.TerminateAsync();
        await clock.EndAsync();

        await using RunningApp fast = await RunningApp.LaunchAsync(daemon, "com.example.clock", new JsonObject { ["args"] = new JsonArray("1") });
        ProcessFacts began = await fast.RuntimeAsync();
        for (int i = 0; i < 3; i++)
        {
            await fast.HearAsync();
        }

        // Three seconds of ticking: some milliseconds of work, in ticks of 10 ms.
        ulong used = ProcessTable.Read(began.Pid)!.Value.CpuTicks - began.CpuTicks;
        Assert.True(used <= 5, $"{used * 10} ms of CPU for three strokes");
        Assert.NotEqual(before.Pid, began.Pid);
    }

    [SkippableFact]
    public async Task Fetcher_reaches_a_granted_server_and_no_other()
    {
        Daemon daemon = await shared.GetAsync();
        await using var server = new TestServer(context => context.Path switch
        {
            "/hello" => ("200 OK", "text/plain; charset=utf-8", "Hello, 🌍"u8.ToArray(), null),
            "/moved" => ("302 Found", null, [], "http://example.com/"),
            "/big" => ("200 OK", "application/octet-stream", new byte[8 * 1024 * 1024], null),
            _ => ("404 Not Found", "text/html", "no"u8.ToArray(), null),
        });
        string id = await InstallFetcherAsync(daemon, "granted", $"net:fetch:127.0.0.1:{server.Port}", "net:fetch:local");
        await using RunningApp fetcher = await RunningApp.LaunchAsync(daemon, id);

        JsonObject hello = await FetchAsync(fetcher, $"http://127.0.0.1:{server.Port}/hello");
        Assert.Equal((200, "text/plain; charset=utf-8", 11, "Hello, 🌍"), ((int?)hello["status"], (string?)hello["content_type"], (int?)hello["length"], (string?)hello["text"]));
        JsonObject moved = await FetchAsync(fetcher, $"http://127.0.0.1:{server.Port}/moved");
        Assert.Equal((302, "http://example.com/"), ((int?)moved["status"], (string?)moved["location"])); // not followed
        Assert.Equal(404, (int?)(await FetchAsync(fetcher, $"http://127.0.0.1:{server.Port}/none"))["status"]);
        Assert.Equal(8 * 1024 * 1024, (int?)(await FetchAsync(fetcher, $"http://127.0.0.1:{server.Port}/big"))["length"]);

        JsonObject other = await FetchAsync(fetcher, "http://127.0.0.2/");
        Assert.Equal(-32001, (int?)other["error"]);
        Assert.Contains("net:fetch", (string?)other["message"], StringComparison.Ordinal);
        Assert.Equal(-32001, (int?)(await FetchAsync(fetcher, $"http://127.0.0.1:{server.Port + 1}/"))["error"]);
    }

    [SkippableTheory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[fc00::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[64:ff9b::7f00:1]/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    public async Task Fetching_a_local_address_is_refused_without_net_fetch_local(string url)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp fetcher = await RunningApp.LaunchAsync(daemon, "com.example.fetcher"); // net:fetch:*
        JsonObject reply = await FetchAsync(fetcher, url);
        Assert.NotNull(reply["error"]);
        Assert.Null(reply["status"]);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("http://")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.com/")]
    [InlineData("http://user:secret@example.com/")]
    [InlineData("http://example.com:99999/")]
    [InlineData("http://exa mple.com/")]
    [InlineData("G\rET http://example.com/")]
    public async Task Fetching_what_is_no_web_address_is_an_error_to_the_guest(string url)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp fetcher = await RunningApp.LaunchAsync(daemon, "com.example.fetcher");
        JsonObject reply = await FetchAsync(fetcher, url.Length == 0 ? "GET " : url);
        Assert.NotNull(reply["error"]);
        Assert.Equal("running", (string?)(await fetcher.Peer.ExpectAsync("APP_STATE", "QUERY_APP_STATE", new JsonObject { ["session_id"] = fetcher.Id }))["state"]);
    }

    /// <summary>The fetcher under an id of its own with other capabilities.</summary>
    internal static async Task<string> InstallFetcherAsync(Daemon daemon, string label, params string[] capabilities)
    {
        string id = "com.example.fetcher." + label;
        string folder = await Guests.CopyAsync("com.example.fetcher", Path.Combine(daemon.Top, "packages"), id);
        string manifest = Path.Combine(folder, "wapp.toml");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("[\"net:fetch:*\"]", "[" + string.Join(", ", capabilities.Select(c => $"\"{c}\"")) + "]", StringComparison.Ordinal));
        await daemon.InstallFolderAsync(folder);
        return id;
    }

    private static async Task<JsonObject> FetchAsync(RunningApp fetcher, string url) => JsonNode.Parse(await fetcher.AskAsync(url))!.AsObject();
}
