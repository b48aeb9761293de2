using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>The WebSocket as a client sees it that shares no code with Weft: Python's websockets.</summary>
public sealed partial class WebSocketClientTests(ITestOutputHelper output)
{
    private const string Counter = "com.example.counter";

    [SkippableFact]
    public async Task Every_session_is_seen_in_order_and_once_by_clients_that_come_and_go()
    {
        string python = await LineClient.PythonAsync("websockets");
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync(Counter);
        string observer = await MintAsync(daemon, "observer");
        CommandResult storm = await Commands.RunAsync(python, [LineClient.Script("websocket_storm.py"), Url(daemon), SystemToken(daemon), observer, Counter, "200"], patience: TimeSpan.FromMinutes(5));
        JsonObject result = JsonNode.Parse(storm.Success())!.AsObject();
        output.WriteLine(result.ToJsonString());
        Assert.Empty(result["violations"]!.AsArray());
        Assert.Equal(200, (int?)result["complete"]);
        Assert.True((int?)result["connections"] > 40, "the clients did not come and go");
        await ClientsAsync(daemon, 0);
    }

    [SkippableFact]
    public async Task A_role_may_do_and_see_what_is_its_own()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync(Counter);
        using LineClient system = await ConnectAsync(daemon);
        await WelcomeAsync(system, "system", SystemToken(daemon));
        await system.SayAsync(Request("MINT_TOKEN", 1, ("role", "observer")));
        using LineClient observer = await ConnectAsync(daemon);
        JsonObject welcome = await WelcomeAsync(observer, "observer", (string)(await system.HearAsync("TOKEN"))["token"]!);
        Assert.NotNull(welcome["credential"]);

        await system.SayAsync(Request("LAUNCH_APP", 2, ("app_id", Counter)));
        ulong session = (ulong)(await system.HearAsync("LAUNCH_ACK"))["session_id"]!;
        foreach (LineClient client in (LineClient[])[system, observer])
        {
            await client.HearAsync("APP_READY");
        }

        await system.SayAsync(Request("IPC_FORWARD", 3, ("session_id", session), ("payload", "increment")));
        Assert.Equal("1", (string?)(await system.HearAsync("IPC_MESSAGE"))["payload"]);

        // An observer: queries and broadcasts, no change, no secret.
        foreach ((string type, string field, JsonNode value) in ((string, string, JsonNode)[])[("LAUNCH_APP", "app_id", Counter), ("TERMINATE_APP", "session_id", session),
            ("MINT_TOKEN", "role", "system"), ("REVOKE_TOKENS", "x", 1), ("DISMISS", "notification_id", 1), ("SET_SETTING", "key", "sessions.grace")])
        {
            await observer.SayAsync(Request(type, 9, (field, value)));
            Assert.Equal((403, 9), Refusal(await observer.HearAsync("ERROR")));
        }

        await observer.SayAsync(Request("QUERY_RUNNING", 10));
        Assert.Null((await observer.HearAsync("RUNNING_APPS"))["sessions"]![0]!["ui_url"]);
        Assert.DoesNotContain(observer.Unread, m => (string?)m["type"] == "IPC_MESSAGE");
        await system.SayAsync(Request("QUERY_RUNNING", 10));
        var page = new Uri((string)(await system.HearAsync("RUNNING_APPS"))["sessions"]![0]!["ui_url"]!);

        // A page: its own session's token, from its own origin, and then APP_MESSAGE alone.
        string origin = page.GetLeftPart(UriPartial.Authority), token = await BridgeTokenAsync(page);
        JsonObject hello = Request("HELLO", 1, ("role", "app"), ("session_id", session), ("token", token));
        using (LineClient own = await ConnectAsync(daemon, origin))
        {
            await own.SayAsync(hello);
            Assert.Equal(["instance", "protocol", "re", "type", "version"], (await own.HearAsync("WELCOME")).Select(field => field.Key).Order(StringComparer.Ordinal));
            Assert.Equal("1", (string?)(await own.HearAsync("APP_MESSAGE"))["payload"]); // said while no page was there
            await own.SayAsync(Request("APP_MESSAGE", 2, ("payload", "increment")));
            Assert.Equal("2", (string?)(await own.HearAsync("APP_MESSAGE"))["payload"]);
            await own.SayAsync(Request("QUERY_RUNNING", 3));
            Assert.Equal((403, 3), Refusal(await own.HearAsync("ERROR")));
            await system.SayAsync(Request("TERMINATE_APP", 4, ("session_id", session)));
            await own.HearAsync("CLOSING");
            Assert.Equal((1000, "the session has ended"), Closed(await own.HearAsync("CLOSED")));
        }

        // What is not a live page's origin does not get as far as HELLO.
        foreach (string foreign in (string[])[origin, "http://evil.example", "null"])
        {
            using LineClient refused = await ConnectAsync(daemon, foreign);
            Assert.Equal(403, (int?)(await refused.HearAsync("REFUSED"))["status"]);
        }

        using LineClient late = await ConnectAsync(daemon);
        await late.SayAsync(hello);
        Assert.Equal((401, 1), Refusal(await late.HearAsync("ERROR")));
        Assert.Equal(1008, Closed(await late.HearAsync("CLOSED")).Code);
    }

    [SkippableFact]
    public async Task A_credential_outlives_a_crash_is_renewed_and_ends_when_all_are_revoked()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        string first = await MintAsync(daemon, "system");
        using LineClient before = await ConnectAsync(daemon);
        JsonObject welcome = await WelcomeAsync(before, "system", first);
        string renewed = (string)welcome["credential"]!;
        Assert.NotEqual(first, renewed);

        await daemon.KillAsync();
        Assert.Equal(1006, Closed(await before.HearAsync("CLOSED")).Code);
        await daemon.StartAgainAsync();

        // The same port, the same client, another instance; the credential and its renewal are both good.
        using LineClient used = await ConnectAsync(daemon);
        JsonObject again = await WelcomeAsync(used, "system", renewed, (string)welcome["resume_key"]!);
        Assert.Equal((ulong)welcome["client_id"]!, (ulong)again["client_id"]!);
        Assert.NotEqual((string?)welcome["instance"], (string?)again["instance"]);
        using LineClient observing = await ConnectAsync(daemon);
        Assert.Null((await WelcomeAsync(observing, "observer", first))["credential"]); // who is more than an observer stays that
        using LineClient system = await ConnectAsync(daemon);
        await WelcomeAsync(system, "system", SystemToken(daemon));

        // One with a time of its own is not renewed.
        await system.SayAsync(Request("MINT_TOKEN", 2, ("role", "system"), ("ttl_s", 60)));
        string minute = (string)(await system.HearAsync("TOKEN"))["token"]!;
        using LineClient timed = await ConnectAsync(daemon);
        Assert.Null((await WelcomeAsync(timed, "system", minute))["credential"]);

        await system.SayAsync(Request("REVOKE_TOKENS", 3));
        Assert.Equal(3, (int?)(await system.HearAsync("OK"))["re"]);
        foreach (LineClient ended in (LineClient[])[used, observing, timed])
        {
            Assert.Equal((1008, "all credentials were revoked"), Closed(await ended.HearAsync("CLOSED")));
        }

        await system.SayAsync(Request("STATUS", 4)); // proven by the system token, which is no credential
        await system.HearAsync("STATUS");
        foreach (string dead in (string[])[first, renewed, (string)again["credential"]!, minute])
        {
            using LineClient refused = await ConnectAsync(daemon);
            await refused.SayAsync(Request("HELLO", 1, ("role", "system"), ("token", dead)));
            Assert.Equal((401, 1), Refusal(await refused.HearAsync("ERROR")));
            Assert.Equal(1008, Closed(await refused.HearAsync("CLOSED")).Code);
        }
    }

    [SkippableFact]
    public async Task A_client_that_stops_reading_is_dropped_and_costs_a_queue_and_nobody_else_anything()
    {
        const int warmUp = 200, size = 60_000;
        // Its queue of broadcasts (2 MiB), what the kernel takes for both ends of a connection, and some messages more.
        long bound = (2 << 20) + LargestBuffer("tcp_rmem") + LargestBuffer("tcp_wmem") + (20 * size);
        int messages = (int)(bound / size) + 20;
        await using Daemon daemon = await Daemon.StartAsync(null, ("DOTNET_GCgen0size", "100000")); // as StormTests says
        await using RunningApp echo = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        using LineClient listener = await ConnectAsync(daemon), deaf = await ConnectAsync(daemon);
        await WelcomeAsync(listener, "system", SystemToken(daemon));
        string resume = (string)(await WelcomeAsync(deaf, "system", SystemToken(daemon)))["resume_key"]!;

        long before = 0, highest = 0, dropped = 0;
        for (int i = 0; i < warmUp + messages; i++)
        {
            if (i == warmUp)
            {
                await deaf.SayAsync("""{"deaf": true}""");
            }

            string payload = i.ToString(CultureInfo.InvariantCulture).PadRight(size, '.');
            Assert.Equal(payload, await echo.AskAsync(payload));
            foreach (LineClient client in i < warmUp ? (LineClient[])[listener, deaf] : [listener])
            {
                Assert.Equal(payload, (string?)(await client.HearAsync("IPC_MESSAGE"))["payload"]);
            }

            if (i % 10 != 9)
            {
                continue;
            }

            long now = ProcessTable.Pss(daemon.Pid);
            (before, highest) = i < warmUp ? (Math.Max(before, now), 0) : (before, Math.Max(highest, now));
            if (i >= warmUp && dropped == 0 && await CountAsync(echo.Peer) == 1)
            {
                dropped = (i + 1 - warmUp) * (long)size;
            }
        }

        output.WriteLine($"dropped after {dropped >> 10} KiB; PSS {before} -> {highest} KiB");
        Assert.InRange(dropped, 1, bound);
        // Twice the queue, for what the collector has not taken yet.
        Assert.True(highest - before <= 4 * 1024, $"PSS grew from {before} to {highest} KiB");

        // It learns that from its network, comes back as itself, and finds everything.
        await deaf.SayAsync("""{"deaf": false}""");
        Assert.Equal(1006, Closed(await deaf.HearAsync("CLOSED")).Code);
        using LineClient back = await ConnectAsync(daemon);
        JsonObject welcome = await WelcomeAsync(back, "system", SystemToken(daemon), resume);
        Assert.Equal(echo.Id, (ulong)welcome["sessions"]![0]!["session_id"]!);
        await echo.SayAsync("heard");
        Assert.Equal("heard", (string?)(await back.HearAsync("IPC_MESSAGE"))["payload"]);
    }

    private static string Url(Daemon daemon) => $"ws://localhost:{File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.wsport")).Trim()}/appd";

    private static string SystemToken(Daemon daemon) => File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.systoken")).Trim();

    private static async Task<LineClient> ConnectAsync(Daemon daemon, params string[] origin) =>
        new(await LineClient.PythonAsync("websockets"), [LineClient.Script("websocket_client.py"), Url(daemon), .. origin]);

    private static async Task<JsonObject> WelcomeAsync(LineClient client, string role, string token, string? resumeKey = null)
    {
        await client.SayAsync(Request("HELLO", 0, ("role", role), ("token", token), ("resume_key", resumeKey)));
        return await client.HearAsync("WELCOME");
    }

    private static async Task<string> MintAsync(Daemon daemon, string role)
    {
        await using ControlPeer peer = await daemon.ConnectAsync();
        return (string)(await peer.ExpectAsync("TOKEN", "MINT_TOKEN", new JsonObject { ["role"] = role }))["token"]!;
    }

    private static JsonObject Request(string type, ulong seq, params (string Name, JsonNode? Value)[] fields)
    {
        var request = new JsonObject { ["type"] = type, ["seq"] = seq };
        foreach ((string name, JsonNode? value) in fields)
        {
            request[name] = value;
        }

        return request;
    }

    private static (int? Code, int? Re) Refusal(JsonObject error) => ((int?)error["code"], (int?)error["re"]);

    private static (int? Code, string? Reason) Closed(JsonObject closed) => ((int?)closed["code"], (string?)closed["reason"]);

    /// <summary>How far the kernel lets a TCP buffer of that kind grow, in bytes.</summary>
    private static long LargestBuffer(string kind) =>
        long.Parse(File.ReadAllText($"/proc/sys/net/ipv4/{kind}").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);

    /// <summary>The bridge token, as it stands in the page's own source.</summary>
    private static async Task<string> BridgeTokenAsync(Uri page)
    {
        // Not every resolver knows *.localhost, so the name goes into the header alone.
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{page.Port}/");
        request.Headers.Host = page.Authority;
        using HttpResponseMessage answer = await http.SendAsync(request);
        return TokenInScript().Match(await answer.Content.ReadAsStringAsync()).Groups[1].Value;
    }

    /// <summary>WebSockets that are connected, asked by the one client of the Unix socket.</summary>
    private static async Task<int> CountAsync(ControlPeer peer) => (int)(await peer.ExpectAsync("STATUS", "STATUS"))["counts"]!["clients"]! - 1;

    /// <summary>Waits until so many WebSockets are connected.</summary>
    private static async Task ClientsAsync(Daemon daemon, int count)
    {
        await using ControlPeer peer = await daemon.ConnectAsync();
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        while (await CountAsync(peer) != count)
        {
            Assert.True(DateTime.UtcNow < until, $"{await CountAsync(peer)} clients are connected, not {count}");
            await Task.Delay(20); // the count is asked for, it does not announce itself
        }
    }

    [GeneratedRegex("const token=\"([0-9a-f]{32})\"")]
    private static partial Regex TokenInScript();
}
