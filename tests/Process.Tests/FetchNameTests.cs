using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Names that lead where a guest must not get, as the machine's own resolver gives them.</summary>
[Collection(DaemonCollection.Name)]
public sealed class FetchNameTests
{
    private const string Public = "1.2.3.4";

    [SkippableFact]
    public async Task A_name_of_any_forbidden_class_is_refused_before_anything_is_connected()
    {
        var addresses = new Dictionary<string, string[]>
        {
            ["loopback.example.com"] = ["127.0.0.1"],
            ["other-loopback.example.com"] = ["127.9.9.9"],
            ["zero.example.com"] = ["0.0.0.0"],
            ["link-local.example.com"] = ["169.254.169.254"],
            ["ten.example.com"] = ["10.0.0.1"],
            ["private.example.com"] = ["172.16.0.1"],
            ["home.example.com"] = ["192.168.1.1"],
            ["shared.example.com"] = ["100.64.0.1"],
            ["multicast.example.com"] = ["224.0.0.1"],
            ["broadcast.example.com"] = ["255.255.255.255"],
            ["mixed.example.com"] = ["127.0.0.1", "10.0.0.1"],
        };
        await using World world = await World.StartAsync((name, _) => addresses.GetValueOrDefault(name, [Public]));
        foreach (string name in addresses.Keys)
        {
            Assert.StartsWith("fetch -", await world.FetchAsync(name), StringComparison.Ordinal);
            Assert.Equal(1, world.Names.Asked(name));
        }

        Assert.Empty(world.Connected);

        // Whoever may be asked is there.
        Assert.StartsWith("fetch 200", await world.FetchAsync("public.example.com"), StringComparison.Ordinal);
        Assert.Equal(Public, Assert.Single(world.Connected));
    }

    [SkippableFact]
    public async Task A_name_that_leads_elsewhere_when_it_is_asked_again_is_not_asked_again()
    {
        const string name = "rebinding.example.com";
        await using World world = await World.StartAsync((_, count) => count == 1 ? [Public] : ["127.0.0.1"]);
        Assert.StartsWith("fetch 200", await world.FetchAsync(name), StringComparison.Ordinal);
        Assert.Equal(1, world.Names.Asked(name));
        Assert.Equal(Public, Assert.Single(world.Connected)); // the address that was checked

        // Asked anew, it is checked anew.
        Assert.StartsWith("fetch -", await world.FetchAsync(name), StringComparison.Ordinal);
        Assert.Equal(2, world.Names.Asked(name));
        Assert.Single(world.Connected);
    }

    /// <summary>A daemon in a network where one server has every address, with an app that may fetch from every host, from that server's port.</summary>
    private sealed class World(Daemon daemon, TestNames names, TestServer server, ConcurrentQueue<string> connected) : IAsyncDisposable
    {
        private const string AppId = "org.weft.test.namesfetched";

        private RunningApp? _app;

        public TestNames Names => names;

        /// <summary>The addresses at which the server was asked.</summary>
        public IReadOnlyCollection<string> Connected => connected;

        public static async Task<World> StartAsync(Func<string, int, string[]> addresses)
        {
            Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
            Daemon daemon = await Daemon.StartAsync(null, "[sessions]\ngrace = 1\n", new DaemonWorld(TestNames.Before, network: true));
            var connected = new ConcurrentQueue<string>();
            var server = new TestServer(
                request =>
                {
                    connected.Enqueue(request.Address.ToString());
                    return ("200 OK", "text/plain", "secret"u8.ToArray(), null);
                },
                DaemonNetwork.Bind(daemon, ProtocolType.Tcp, new IPEndPoint(IPAddress.Any, 0)));
            var names = new TestNames(DaemonNetwork.Bind(daemon, ProtocolType.Udp, TestNames.Place), addresses);
            var world = new World(daemon, names, server, connected);
            try
            {
                await world.LaunchAsync();
                return world;
            }
            catch
            {
                await world.DisposeAsync();
                throw;
            }
        }

        public Task<string> FetchAsync(string name) => _app!.AskAsync($"fetch http://{name}:{server.Port}/");

        public async ValueTask DisposeAsync()
        {
            if (_app is not null)
            {
                await _app.DisposeAsync();
            }

            await daemon.DisposeAsync();
            await names.DisposeAsync();
            await server.DisposeAsync();
        }

        private async Task LaunchAsync()
        {
            string folder = await Guests.CopyAsync(Guests.Id("calls_granted"), Path.Combine(daemon.Top, "packages"), AppId), manifest = Path.Combine(folder, "wapp.toml");
            await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"net:fetch:*\"", $"\"net:fetch:*:{server.Port}\"", StringComparison.Ordinal));
            await daemon.InstallFolderAsync(folder);
            _app = await RunningApp.LaunchAsync(daemon, AppId);
        }
    }
}
