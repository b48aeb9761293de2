using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>The daemon dies, and all that it had room for come back at once, while sessions begin and end.</summary>
public sealed class ReconnectTests(ITestOutputHelper output)
{
    private const string Counter = "com.example.counter";
    private const int Clients = 64; // docs/protocol.md: one of them from the system UI's origin
    private const double First = 1, Last = 2; // gestures: what is told before them has been heard where they are

    [SkippableFact]
    public async Task All_64_clients_come_back_to_one_cut_without_gap_or_repetition()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.InstallAsync(Counter);
        int port = int.Parse(await File.ReadAllTextAsync(Path.Combine(daemon.RuntimeFolder, "appd.wsport")), CultureInfo.InvariantCulture);
        using var deadline = new CancellationTokenSource(4 * ControlPeer.Patience);
        List<StoryClient> clients = [];
        try
        {
            await using (ControlPeer peer = await daemon.SubscribeAsync())
            {
                string system = await MintAsync(peer, "system"), observer = await MintAsync(peer, "observer");
                clients.AddRange(Enumerable.Range(0, Clients - 1).Select(i => i % 3 == 0 ? new StoryClient("observer", observer) : new StoryClient("system", system)));
                clients.Add(new StoryClient("system", system, $"http://localhost:{port}"));
                await Task.WhenAll(clients.Select(client => client.ConnectAsync(port, deadline.Token)));
                await LaunchAndEndAsync(peer, over: () => true, launches: 2);
                await LaunchAsync(peer);
                await SettleAsync(peer, clients, clients.Select(client => client.ListenAsync(First)), First);
            }

            await daemon.KillAsync();
            Assert.All(await Task.WhenAll(clients.Select(client => client.ListenAsync(First))), Assert.False);
            await daemon.StartAgainAsync();
            await using ControlPeer again = await daemon.SubscribeAsync();
            bool allBack = false;
            Task working = Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LaunchAndEndAsync(again, () => Volatile.Read(ref allBack), launches: 3)));
            await again.NextAsync("a session that starts", m => (string?)m["state"] == "starting");
            await Task.WhenAll(clients.Select(client => client.ConnectAsync(port, deadline.Token)));
            Volatile.Write(ref allBack, true);
            Task<bool>[] listening = [.. clients.Select(client => client.ListenAsync(Last))];
            long begin = clients.Min(client => client.Times.Connected), end = clients.Max(client => client.Times.Welcomed);
            output.WriteLine($"{Clients} clients had their WELCOME {Stopwatch.GetElapsedTime(begin, end).TotalMilliseconds:F0} ms after the first was let in");

            // Those who reconnect within a second are the clients; here they share two busy cores with the daemon and with sessions that start.
            Assert.True(Stopwatch.GetElapsedTime(begin, end) < TimeSpan.FromSeconds(10));
            await working;
            await LaunchAsync(again);
            await LaunchAsync(again);
            await SettleAsync(again, clients, listening, Last);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Launches and ends one session after the other: so many at least, and until it is over.</summary>
    private static async Task LaunchAndEndAsync(ControlPeer peer, Func<bool> over, int launches)
    {
        for (int i = 0; i < launches || !over(); i++)
        {
            ulong session = await LaunchAsync(peer);
            await peer.ExpectAsync("APP_STATE", "TERMINATE_APP", new JsonObject { ["session_id"] = session });
            await peer.EndAsync(session);
        }
    }

    private static async Task<ulong> LaunchAsync(ControlPeer peer)
    {
        ulong session = (ulong)(await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", new JsonObject { ["app_id"] = Counter }))["session_id"]!;
        await peer.NextAsync($"session {session} running", m => (ulong?)m["session_id"] == session && (string?)m["state"] == "running");
        return session;
    }

    /// <summary>When nothing changes any more: all have heard the same.</summary>
    private static async Task SettleAsync(ControlPeer peer, List<StoryClient> clients, IEnumerable<Task<bool>> listening, double gesture)
    {
        Task<bool[]> heard = Task.WhenAll(listening);
        await peer.ExpectAsync("NAVIGATION_GESTURE", "PANEL_GESTURE", new JsonObject { ["gesture_type"] = 1, ["fingers"] = 3, ["dx"] = gesture, ["dy"] = 0.5 });
        Assert.All(await heard, Assert.True);
        JsonArray running = (await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING"))["sessions"]!.AsArray();
        string[] live = [.. running.OrderBy(one => (ulong)one!["session_id"]!).Select(one => $"{one!["session_id"]} {one["state"]}")];
        Assert.NotEmpty(live);
        Assert.All(clients, client => Assert.Equal(live, client.Live));
    }

    private static async Task<string> MintAsync(ControlPeer peer, string role) => (string)(await peer.ExpectAsync("TOKEN", "MINT_TOKEN", new JsonObject { ["role"] = role }))["token"]!;
}
