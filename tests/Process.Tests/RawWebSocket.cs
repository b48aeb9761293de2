using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>A TCP connection to the web port that sends any bytes, well formed or not, and reads what comes back.</summary>
internal sealed class RawWebSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private NetworkStream? _stream;

    public static async Task<RawWebSocket> ConnectAsync(int port)
    {
        var raw = new RawWebSocket();
        await raw._socket.ConnectAsync("127.0.0.1", port);
        raw._stream = new NetworkStream(raw._socket, ownsSocket: false);
        return raw;
    }

    /// <summary>Upgraded, and has not said HELLO.</summary>
    public static async Task<RawWebSocket> UpgradeAsync(int port, string? origin = null)
    {
        RawWebSocket raw = await ConnectAsync(port);
        await raw.SendAsync(Encoding.Latin1.GetBytes(Upgrade(port, origin)));
        string head = await raw.HeadAsync();
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        return raw;
    }

    public static string Upgrade(int port, string? origin = null) =>
        $"GET /appd HTTP/1.1\r\nHost: localhost:{port}\r\n{(origin is null ? "" : $"Origin: {origin}\r\n")}Connection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    /// <summary>One frame, masked with a key of zeros, so that what is written is what was meant.</summary>
    public static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)(0x80 | payload.Length)],
            <= ushort.MaxValue => [0xFE, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [0xFF, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        return [first, .. length, 0, 0, 0, 0, .. payload];
    }

    public static byte[] Text(string text) => Frame(0x81, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes; a peer that has answered and closed before all was written is no mistake.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream!.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // What it said is still to be read.
        }
    }

    /// <summary>The head of an HTTP answer; what came where the connection ended before one was whole.</summary>
    public async Task<string> HeadAsync()
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    /// <summary>The next frame; null where the connection ended.</summary>
    public async Task<(int Opcode, byte[] Payload)?> FrameAsync()
    {
        byte[] head = new byte[2];
        if (await ReadAsync(head) < 2)
        {
            return null;
        }

        byte[] length = new byte[head[1] switch { 126 => 2, 127 => 8, _ => 0 }];
        await ReadAsync(length);
        byte[] payload = new byte[length.Length switch { 2 => BinaryPrimitives.ReadUInt16BigEndian(length), 8 => (int)BinaryPrimitives.ReadUInt64BigEndian(length), _ => head[1] }];
        await ReadAsync(payload);
        return (head[0] & 0x0F, payload);
    }

    /// <summary>The next text message.</summary>
    public async Task<JsonObject> MessageAsync()
    {
        while (await FrameAsync() is { } frame)
        {
            if (frame.Opcode == 1)
            {
                return JsonNode.Parse(frame.Payload)!.AsObject();
            }

            Assert.True(frame.Opcode != 8, $"closed with {Convert.ToHexString(frame.Payload)} before a message");
        }

        throw new Xunit.Sdk.XunitException("the connection ended before a message");
    }

    /// <summary>The code of the close frame that comes, whatever comes before it; 0 where it has none, null where the connection ends without.</summary>
    public async Task<int?> CloseCodeAsync()
    {
        while (await FrameAsync() is { } frame)
        {
            if (frame.Opcode == 8)
            {
                return frame.Payload.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(frame.Payload);
            }
        }

        return null;
    }

    /// <summary>Bytes read into all of <paramref name="buffer"/>; fewer where the connection ended.</summary>
    private async Task<int> ReadAsync(Memory<byte> buffer)
    {
        using var deadline = new CancellationTokenSource(ControlPeer.Patience * 2);
        try
        {
            return await _stream!.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, deadline.Token);
        }
        catch (IOException)
        {
            return 0; // reset, after it was told why
        }
        catch (OperationCanceledException)
        {
            throw new Xunit.Sdk.XunitException("nothing more came, and the connection stays open");
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }
}
