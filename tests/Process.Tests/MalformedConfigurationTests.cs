using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Settings and keys that are none.</summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedConfigurationTests(SharedDaemon shared)
{
    [SkippableTheory]
    [InlineData("[sessions\ngrace = 1\n")]
    [InlineData("[sessions]\ngrace = \"soon\"\n")]
    [InlineData("[sessions]\ngrace = 99999999999999999999999\n")]
    [InlineData("sessions = 7\nunknown = true\n")]
    [InlineData("x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n")]
    [InlineData("\u0000\u0001\u0002")]
    [InlineData("session_user = 7\n[web]\nport = -1\n")]
    public async Task The_daemon_starts_whatever_its_settings_say_and_says_what_is_wrong(string settings)
    {
        await using Daemon daemon = await Daemon.StartAsync(settings);
        await Malformed.HealthyAsync(daemon);
        Assert.Contains("appd.toml", daemon.Log, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("no hex")]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_key_that_is_none_is_passed_over_and_trusts_nobody(string key)
    {
        Daemon daemon = await shared.GetAsync();
        string folder = Directory.CreateDirectory(Path.Combine(daemon.Top, "config/weft/trusted-keys")).FullName, file = Path.Combine(folder, "bad.pub");
        await File.WriteAllTextAsync(file, key);
        string package = await Guests.CopyAsync(Guests.Id("exits_zero"), Path.Combine(daemon.Top, "keys"), "org.weft.test.keys");
        await File.WriteAllTextAsync(Path.Combine(package, "signature.sig"), new string('0', 128) + "\n");
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.ExpectErrorAsync(403, "INSTALL", new JsonObject { ["ref"] = package });
        File.Delete(file);
    }
}
