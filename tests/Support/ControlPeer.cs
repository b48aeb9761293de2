using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Weft.Tests.Support;

/// <summary>A client of appd's Unix socket that knows no message: it sends objects and keeps what it gets.</summary>
public sealed class ControlPeer : IAsyncDisposable
{
    /// <summary>How long a test waits for something that must happen, on a machine that does other things besides.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly List<JsonObject> _messages = []; // guarded by _gate: all that came and nobody took
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by _gate
    private bool _closed; // guarded by _gate
    private long _seq;

    private ControlPeer(Socket socket)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    public static async Task<ControlPeer> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return new ControlPeer(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request with a number of its own and waits for the reply to it; <c>PROGRESS</c> is passed over.</summary>
    public async Task<JsonObject> AskAsync(string type, JsonObject? fields = null, TimeSpan? patience = null)
    {
        ulong seq = (ulong)Interlocked.Increment(ref _seq);
        var request = new JsonObject { ["type"] = type, ["seq"] = seq };
        foreach ((string key, JsonNode? value) in fields ?? [])
        {
            request[key] = value?.DeepClone();
        }

        await SendAsync(UntypedMessagePack.Encode(request));
        return await NextAsync($"the reply to {request.ToJsonString()}", m => (ulong?)m["re"] == seq && (string?)m["type"] != "PROGRESS", patience);
    }

    /// <summary>Asks, and fails unless the reply is of that type.</summary>
    public async Task<JsonObject> ExpectAsync(string reply, string type, JsonObject? fields = null)
    {
        JsonObject got = await AskAsync(type, fields);
        return (string?)got["type"] == reply ? got : throw new Xunit.Sdk.XunitException($"{type} {fields?.ToJsonString()} was answered {got.ToJsonString()}, not {reply}");
    }

    /// <summary>Asks, and fails unless the reply is that error.</summary>
    public async Task<string> ExpectErrorAsync(int code, string type, JsonObject? fields = null)
    {
        JsonObject got = await ExpectAsync("ERROR", type, fields);
        return (int?)got["code"] == code ? (string)got["message"]! : throw new Xunit.Sdk.XunitException($"{type} {fields?.ToJsonString()} was answered {got.ToJsonString()}, not {code}");
    }

    /// <summary>Takes the first message that fits, now or when it comes.</summary>
    public async Task<JsonObject> NextAsync(string what, Func<JsonObject, bool> fits, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                int at = _messages.FindIndex(m => fits(m));
                if (at >= 0)
                {
                    JsonObject message = _messages[at];
                    _messages.RemoveAt(at);
                    return message;
                }

                if (_closed)
                {
                    throw new Xunit.Sdk.XunitException($"the connection ended before {what}; unread: {Describe()}");
                }

                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                {
                    throw new Xunit.Sdk.XunitException($"{what} did not come within {(patience ?? Patience).TotalSeconds} s; unread: {Describe()}");
                }
            }
        }
    }

    /// <summary>The next broadcast of that type about that session.</summary>
    public Task<JsonObject> NextAsync(string type, ulong session, TimeSpan? patience = null) =>
        NextAsync($"{type} of session {session}", m => (string?)m["type"] == type && (ulong?)m["session_id"] == session && m["re"] is null, patience);

    /// <summary>The end of a session: <c>APP_STATE stopped</c>'s <c>end</c>.</summary>
    public async Task<JsonObject> EndAsync(ulong session, TimeSpan? patience = null)
    {
        JsonObject state = await NextAsync($"the end of session {session}",
            m => (string?)m["type"] == "APP_STATE" && (ulong?)m["session_id"] == session && (string?)m["state"] == "stopped" && m["re"] is null, patience);
        return state["end"]!.AsObject();
    }

    /// <summary>All messages that nobody took yet, in order.</summary>
    public IReadOnlyList<JsonObject> Unread()
    {
        lock (_gate)
        {
            return [.. _messages];
        }
    }

    /// <summary>Writes a frame around bytes that need not be a message.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> body)
    {
        byte[] frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        body.CopyTo(frame.AsMemory(4));
        await SendRawAsync(frame);
    }

    /// <summary>Writes bytes that need not be a frame.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>No more is sent; what was is still answered.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Completes when appd has closed the connection.</summary>
    public Task ClosedAsync(TimeSpan? patience = null) => _reading.WaitAsync(patience ?? Patience);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private string Describe() => _messages.Count == 0 ? "nothing" : string.Join(' ', _messages.TakeLast(20).Select(m => m.ToJsonString()));

    private async Task ReadAsync()
    {
        byte[] head = new byte[4];
        try
        {
            await using var stream = new NetworkStream(_socket, ownsSocket: false);
            while (await stream.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false) == 4)
            {
                byte[] body = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
                await stream.ReadExactlyAsync(body);
                // Through text, because a node made of a number converts to that number type only.
                JsonObject message = JsonNode.Parse(UntypedMessagePack.Decode(body)!.ToJsonString())!.AsObject();
                lock (_gate)
                {
                    _messages.Add(message);
                    _more.TrySetResult();
                    _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is gone; whoever waits is told below.
        }
        finally
        {
            lock (_gate)
            {
                _closed = true;
                _more.TrySetResult();
            }
        }
    }
}
