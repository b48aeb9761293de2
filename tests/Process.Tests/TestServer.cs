using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.Process.Tests;

/// <summary>What the server was asked, and at which of its addresses.</summary>
internal sealed record TestRequest(string Method, string Path, IReadOnlyList<string> Headers, IPAddress Address);

/// <summary>A small HTTP/1.1 server, on 127.0.0.1 unless said otherwise, that answers one request a connection, and can be told to misbehave.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<TestRequest, (string Status, string? Type, byte[] Body, string? Location)> _answer;
    private readonly Task _accepting;

    /// <param name="answer">Called for each request.</param>
    /// <param name="bound">Where it listens; owned from here on.</param>
    public TestServer(Func<TestRequest, (string Status, string? Type, byte[] Body, string? Location)> answer, Socket? bound = null)
    {
        _answer = answer;
        _listener = bound ?? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (bound is null)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true);
                await ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            string[] first = (await reader.ReadLineAsync() ?? "").Split(' ');
            var headers = new List<string>();
            while (await reader.ReadLineAsync() is { Length: > 0 } header)
            {
                headers.Add(header);
            }

            if (first.Length < 2)
            {
                return;
            }

            (string status, string? type, byte[] body, string? location) = _answer(new TestRequest(first[0], first[1], headers, ((IPEndPoint)stream.Socket.LocalEndPoint!).Address));
            var head = new StringBuilder($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n");
            head.Append(type is null ? "" : $"Content-Type: {type}\r\n").Append(location is null ? "" : $"Location: {location}\r\n").Append("\r\n");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()));
            await stream.WriteAsync(body);
        }
        catch (IOException)
        {
            // The client went away.
        }
    }
}
