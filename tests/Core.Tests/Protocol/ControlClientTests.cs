using System.Net.Sockets;
using Weft.Core.Protocol;
using Xunit;

namespace Core.Tests.Protocol;

public sealed class ControlClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-client-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ControlClientTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }

    private string SocketPath => Path.Combine(_folder, "s");

    [Fact]
    public async Task Broadcasts_that_come_while_a_reply_is_awaited_are_kept_in_order()
    {
        await using ControlClient client = await ControlClient.ConnectAsync(SocketPath, default);
        using Socket peer = await _listener.AcceptAsync();
        var first = new AppReady { SessionId = new SessionId(1), AppId = "a.b.c" };
        var second = new AppReady { SessionId = new SessionId(2), AppId = "a.b.c" };
        peer.Send([.. Frames.Encode(first), .. Frames.Encode(new Progress { Done = 1, Total = 2, What = "x" }, 1), .. Frames.Encode(second), .. Frames.Encode(new Ok(), 1)]);
        List<Progress> steps = [];

        Assert.Equal(new Ok(), (await client.AskAsync<Ok>(new Unsubscribe(), steps.Add, default)).Reply);

        Assert.Single(steps);
        Assert.Equal(first, (await client.ReadEventAsync(default)).Reply);
        Assert.Equal(second, (await client.ReadEventAsync(default)).Reply);
    }

    [Fact]
    public async Task An_error_is_thrown_with_its_code()
    {
        await using ControlClient client = await ControlClient.ConnectAsync(SocketPath, default);
        using Socket peer = await _listener.AcceptAsync();
        peer.Send(Frames.Encode(new ErrorReply { Code = 404, Message = "no such session" }, 1));

        ControlException e = await Assert.ThrowsAsync<ControlException>(() => client.RequestAsync<SessionDetails>(new QuerySession { SessionId = new SessionId(9) }, default));

        Assert.Equal((404, "no such session"), (e.Code, e.Message));
    }

    [Fact]
    public async Task A_daemon_that_goes_away_is_an_IOException()
    {
        await using ControlClient client = await ControlClient.ConnectAsync(SocketPath, default);
        using (Socket peer = await _listener.AcceptAsync())
        {
            peer.Send(Frames.Encode(new Ok(), 1).AsSpan(0, 3));
            peer.Shutdown(SocketShutdown.Both);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => client.RequestAsync<Ok>(new Unsubscribe(), default));
    }

    [Fact]
    public async Task Nobody_who_listens_is_a_SocketException()
    {
        await Assert.ThrowsAnyAsync<SocketException>(() => ControlClient.ConnectAsync(Path.Combine(_folder, "none"), default));
    }

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
