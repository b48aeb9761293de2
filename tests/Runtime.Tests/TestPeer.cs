using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runtime.Tests;

/// <summary>appd's end of the channel, as a script has it: it says what a test wants, also what appd never would.</summary>
internal sealed class TestPeer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _lines;
    private ulong _next;

    private TestPeer(string path, ulong next)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _lines = new StreamReader(new NetworkStream(_socket));
        _next = next;
    }

    /// <summary>What the runtime said first.</summary>
    public JsonNode Hello { get; private set; } = null!;

    /// <summary>The number of the last line of the runtime that was read.</summary>
    public ulong Taken { get; private set; }

    /// <summary>Connects and says the first line.</summary>
    public static async Task<TestPeer> ConnectAsync(string path, string token = TestRuntime.Token, ulong taken = 0, ulong next = 1)
    {
        TestPeer peer = Connect(path, next);
        peer.Send(new JsonObject { ["token"] = token, ["taken"] = taken, ["next"] = next });
        peer.Taken = taken;
        peer.Hello = await peer.LineAsync() ?? throw new IOException("the runtime closed the channel");
        return peer;
    }

    /// <summary>Connects and says nothing.</summary>
    public static TestPeer Connect(string path, ulong next = 1) => new(path, next);

    public void SendRaw(ReadOnlySpan<byte> bytes) => _socket.Send(bytes);

    public void Send(JsonNode line) => _socket.Send(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));

    /// <summary>Sends a numbered message; its number.</summary>
    public ulong Say(string type, params (string Name, JsonNode? Value)[] fields)
    {
        var line = new JsonObject { ["n"] = _next, ["type"] = type };
        foreach ((string name, JsonNode? value) in fields)
        {
            line[name] = value;
        }

        Send(line);
        return _next++;
    }

    /// <summary>Sends a message to the guest.</summary>
    public ulong Message(string payload) => Say("message", ("payload", payload));

    public void Acknowledge() => Send(new JsonObject { ["ack"] = Taken });

    /// <summary>The next line; null at the end.</summary>
    public async Task<JsonNode?> LineAsync()
    {
        string? line = await _lines.ReadLineAsync().WaitAsync(TestRuntime.Deadline);
        if (line is null)
        {
            return null;
        }

        JsonNode node = JsonNode.Parse(line)!;
        if (node["n"] is { } number)
        {
            Taken = number.GetValue<ulong>();
        }

        return node;
    }

    /// <summary>The next message of that type; others and acknowledgements are passed over.</summary>
    public async Task<JsonNode> NextAsync(string type)
    {
        while (true)
        {
            JsonNode node = await LineAsync() ?? throw new IOException($"the channel ended before {type}");
            if ((string?)node["type"] == type)
            {
                return node;
            }
        }
    }

    /// <summary>The next payload of the guest.</summary>
    public async Task<string> PayloadAsync() => (string)(await NextAsync("ipc"))["payload"]!;

    /// <summary>Whether the message of that number was taken or refused.</summary>
    public async Task<bool> AcceptedAsync(ulong number)
    {
        while (true)
        {
            JsonNode node = await LineAsync() ?? throw new IOException("the channel ended");
            if (node["refused"] is JsonValue refused && refused.GetValueKind() == JsonValueKind.Number && refused.GetValue<ulong>() == number)
            {
                return false;
            }

            if (node["ack"] is { } ack && ack.GetValue<ulong>() >= number)
            {
                return true;
            }
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        _socket.Dispose();
    }
}
