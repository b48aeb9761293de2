using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Names that lead where a guest must not get, as the machine's own resolver gives them.</summary>
[Collection(DaemonCollection.Name)]
public sealed class FetchNameTests
{
    // Public, and nobody's: a connection there comes to nothing.
    private const string Public = "1.2.3.4";

    [SkippableFact]
    public async Task A_name_of_any_forbidden_class_is_refused_before_anything_is_connected()
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        var requests = 0;
        await using var server = new TestServer(_ =>
        {
            Interlocked.Increment(ref requests);
            return ("200 OK", "text/plain", "secret"u8.ToArray(), null);
        });
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
        await using var names = new TestNames((name, _) => addresses.GetValueOrDefault(name, []));
        await using Daemon daemon = await Daemon.StartAsync(null, "[sessions]\ngrace = 1\n", TestNames.Before);
        await using RunningApp app = await LaunchAsync(daemon, server.Port);
        foreach (string name in addresses.Keys)
        {
            string answer = await app.AskAsync($"fetch http://{name}:{server.Port}/");
            Assert.StartsWith("fetch -", answer, StringComparison.Ordinal);
            Assert.Equal(1, names.Asked(name));
        }

        Assert.Equal(0, requests);
    }

    [SkippableFact]
    public async Task A_name_that_leads_elsewhere_when_it_is_asked_again_is_not_asked_again()
    {
        Prerequisite.Need(Environment.IsPrivilegedProcess, "root");
        var requests = 0;
        await using var server = new TestServer(_ =>
        {
            Interlocked.Increment(ref requests);
            return ("200 OK", "text/plain", "secret"u8.ToArray(), null);
        });
        await using var names = new TestNames((_, count) => count == 1 ? [Public] : ["127.0.0.1"]);
        await using Daemon daemon = await Daemon.StartAsync(null, "[sessions]\ngrace = 1\n", TestNames.Before);
        await using RunningApp app = await LaunchAsync(daemon, server.Port);
        await app.SayAsync($"fetch http://rebinding.example.com:{server.Port}/");
        Assert.StartsWith("fetch -", await app.HearAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal); // to the address that was checked, where nobody is
        Assert.Equal(1, names.Asked("rebinding.example.com"));

        // Asked anew, it is checked anew.
        Assert.StartsWith("fetch -", await app.AskAsync($"fetch http://rebinding.example.com:{server.Port}/"), StringComparison.Ordinal);
        Assert.Equal((2, 0), (names.Asked("rebinding.example.com"), requests));
    }

    /// <summary>An app that may fetch from every host, from that port.</summary>
    private static async Task<RunningApp> LaunchAsync(Daemon daemon, int port)
    {
        const string id = "org.weft.test.namesfetched";
        string folder = await Guests.CopyAsync(Guests.Id("calls_granted"), Path.Combine(daemon.Top, "packages"), id), manifest = Path.Combine(folder, "wapp.toml");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"net:fetch:*\"", $"\"net:fetch:*:{port}\"", StringComparison.Ordinal));
        await daemon.InstallFolderAsync(folder);
        return await RunningApp.LaunchAsync(daemon, id);
    }
}
