using System.Net.Sockets;
using System.Text;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>The socket between daemon and runtime, which anybody of the same user can find.</summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedChannelTests(SharedDaemon shared)
{
    /// <summary>What a session's channel gets from a stranger: the token is not known, so nothing but the end is answered.</summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("{}\n")]
    [InlineData("[]\n")]
    [InlineData("null\n")]
    [InlineData("{\"token\":7,\"taken\":0,\"next\":1}\n")]
    [InlineData("{\"token\":\"wrong\",\"taken\":0,\"next\":1}\n")]
    [InlineData("{\"token\":\"\",\"taken\":-1,\"next\":1e99}\n{\"n\":1,\"type\":\"message\",\"payload\":\"forged\"}\n")]
    [InlineData("\u0000\u0001\u0002\n")]
    [InlineData("*600000")] // a line over the limit, without an end
    public async Task A_stranger_on_the_channel_is_turned_away_and_the_session_goes_on(string line)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await stranger.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(daemon.RuntimeFolder, $"ipc-{app.Id}.sock")));
        using var unread = new CancellationTokenSource(Malformed.Bound / 2);
        try
        {
            await stranger.SendAsync(Encoding.UTF8.GetBytes(line.StartsWith('*') ? new string('x', int.Parse(line[1..], System.Globalization.CultureInfo.InvariantCulture)) : line), unread.Token);
            stranger.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Turned away, or left waiting while appd is the one peer.
        }

        Assert.Equal("not forged", await app.AskAsync("not forged"));
        Assert.DoesNotContain(app.Peer.Unread(), m => m.ToJsonString().Contains("\"forged\"", StringComparison.Ordinal));
    }
}
