using System.Net.WebSockets;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Web;

/// <summary>A WebSocket client of .NET's own, so that our framing is not its own judge.</summary>
internal sealed class WebSocketClient(ClientWebSocket socket) : IDisposable
{
    public ClientWebSocket Socket => socket;

    public async Task SendAsync(ControlRequest request, ulong? seq = null) =>
        await socket.SendAsync(ControlCodec.Encode(request, ControlEncoding.Json, seq), WebSocketMessageType.Text, true, default);

    public async Task SendTextAsync(string text) =>
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    /// <summary>The next message; null once closed, and then the close code is in <see cref="ClientWebSocket.CloseStatus"/>.</summary>
    public async Task<ReceivedReply?> TryReceiveAsync()
    {
        var message = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, deadline.Token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return ControlCodec.ReadReply(message.ToArray(), ControlEncoding.Json);
            }
        }
    }

    public async Task<T> ReceiveAsync<T>()
        where T : ControlReply
    {
        ReceivedReply received = await TryReceiveAsync() ?? throw new EndOfStreamException($"closed {socket.CloseStatus} {socket.CloseStatusDescription}");
        return received.Reply as T ?? throw new InvalidOperationException($"{typeof(T).Name} was expected, {received.Type} came: {System.Text.Encoding.UTF8.GetString(received.Json.Span)}");
    }

    public async Task<T> AskAsync<T>(ControlRequest request, ulong? seq = null)
        where T : ControlReply
    {
        await SendAsync(request, seq);
        return await ReceiveAsync<T>();
    }

    /// <summary>The code of the close frame that comes next.</summary>
    public async Task<int> CloseCodeAsync()
    {
        Assert.Null(await TryReceiveAsync());
        return (int)socket.CloseStatus!.Value;
    }

    public void Dispose() => socket.Dispose();
}
