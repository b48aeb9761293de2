using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>
/// One client of the WebSocket over all its connections, who holds each against the contract: WELCOME is a cut, and of every session the
/// broadcasts after it are what follows, in order and once.
/// </summary>
internal sealed class StoryClient(string role, string token, string? origin = null) : IDisposable
{
    private static readonly string[] Stages = ["LAUNCH_ACK", "starting", "APP_READY", "running", "stopping", "stopped"];

    private readonly Dictionary<ulong, string> _stages = []; // of each session on this connection
    private RawWebSocket? _socket;
    private string _token = token;
    private string? _resumeKey;
    private ulong _clientId;

    /// <summary>When the daemon took the last connection, and when its WELCOME was here.</summary>
    public (long Connected, long Welcomed) Times { get; private set; }

    /// <summary>Sessions that are not over, each with its state, as "1 running".</summary>
    public IEnumerable<string> Live => _stages.Where(one => one.Value != "stopped").OrderBy(one => one.Key).Select(one => $"{one.Key} {one.Value}");

    /// <summary>Connects as soon as there is somebody to connect to, as itself, with what the last WELCOME gave it.</summary>
    public async Task ConnectAsync(int port, CancellationToken cancellationToken)
    {
        _socket?.Dispose();
        while (true)
        {
            try
            {
                _socket = await RawWebSocket.ConnectAsync(port);
                break;
            }
            catch (SocketException)
            {
                await Task.Delay(2, cancellationToken); // nothing outside tells when a port begins to listen
            }
        }

        await _socket.SendAsync(Encoding.Latin1.GetBytes(RawWebSocket.Upgrade(port, origin)));
        Assert.StartsWith("HTTP/1.1 101 ", await _socket.HeadAsync(), StringComparison.Ordinal);
        long connected = Stopwatch.GetTimestamp();
        var hello = new JsonObject { ["type"] = "HELLO", ["role"] = role, ["token"] = _token, ["resume_key"] = _resumeKey };
        await _socket.SendAsync(RawWebSocket.Text(hello.ToJsonString()));
        JsonObject welcome = await _socket.MessageAsync();
        Times = (connected, Stopwatch.GetTimestamp());
        Assert.Equal("WELCOME", (string?)welcome["type"]);
        Assert.True(_resumeKey is null || _clientId == (ulong)welcome["client_id"]!, "the resume key made it another client");
        (_token, _resumeKey, _clientId) = ((string)welcome["credential"]!, (string)welcome["resume_key"]!, (ulong)welcome["client_id"]!);
        _stages.Clear();
        foreach (JsonNode? session in welcome["sessions"]!.AsArray())
        {
            _stages.Add((ulong)session!["session_id"]!, (string)session["state"]!);
        }
    }

    /// <summary>Listens until the gesture of that number comes; false where the connection ends before.</summary>
    public async Task<bool> ListenAsync(double gesture)
    {
        while (await _socket!.FrameAsync() is { } frame)
        {
            if (frame.Opcode == 9)
            {
                await _socket.SendAsync(RawWebSocket.Frame(0x8A, frame.Payload));
                continue;
            }

            Assert.Equal(1, frame.Opcode);
            JsonObject message = JsonNode.Parse(frame.Payload)!.AsObject();
            if ((string?)message["type"] == "NAVIGATION_GESTURE" && (double?)message["dx"] == gesture)
            {
                return true;
            }

            Follow(message);
        }

        return false;
    }

    public void Dispose() => _socket?.Dispose();

    private void Follow(JsonObject message)
    {
        string type = (string)message["type"]!, stage = type == "APP_STATE" ? (string)message["state"]! : type;
        int at = Array.IndexOf(Stages, stage);
        if (at < 0)
        {
            return;
        }

        ulong session = (ulong)message["session_id"]!;
        string? before = _stages.GetValueOrDefault(session);
        Assert.True(at == Array.IndexOf(Stages, before) + 1, $"{role}: of session {session} came {stage} after {before ?? "nothing"}");
        Assert.True(stage != "stopped" || message["end"] is not null, $"session {session} has no end");
        _stages[session] = stage;
    }
}
