using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>
/// A client of either door that asks as fast as it is answered, on threads of its own, and looks at each answer: that it is the next one,
/// and the one or the other that it may be.
/// </summary>
internal sealed class Flooder : IDisposable
{
    private const int Numbers = 1000, First = 1000; // seq counts from 1000 to 1999, so that all requests have one length
    private const int Ahead = 10 * Numbers; // the kernel would take a hundred thousand, which then take their time

    private readonly Socket _socket;
    private readonly BufferedStream _stream;
    private readonly Func<Stream, JsonObject> _read;
    private readonly string _type; // of the requests
    private readonly byte[] _round; // so many requests
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _answered;
    private long _refused;

    private Flooder(Socket socket, string type, Func<int, byte[]> request, Func<Stream, JsonObject> read)
    {
        _type = type;
        socket.ReceiveTimeout = socket.SendTimeout = (int)(2 * ControlPeer.Patience).TotalMilliseconds;
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket, ownsSocket: false), 64 * 1024);
        _read = read;
        _round = [.. Enumerable.Range(First, Numbers).SelectMany(request)];
    }

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>How many of them were RATE_LIMITED.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Since it connected.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    /// <summary>On the Unix socket.</summary>
    public static Flooder Local(Daemon daemon, string type)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(daemon.SocketPath));
        return new Flooder(
            socket,
            type,
            seq =>
            {
                byte[] body = [0x83, 0xA4, .. "type"u8, (byte)(0xA0 | type.Length), .. Encoding.ASCII.GetBytes(type), 0xAA, .. "session_id"u8, 1, 0xA3, .. "seq"u8, 0xCD, (byte)(seq >> 8), (byte)seq];
                return [(byte)body.Length, 0, 0, 0, .. body];
            },
            stream =>
            {
                byte[] head = new byte[4];
                stream.ReadExactly(head);
                byte[] body = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
                stream.ReadExactly(body);
                return JsonNode.Parse(UntypedMessagePack.Decode(body)!.ToJsonString())!.AsObject();
            });
    }

    /// <summary>On the WebSocket, as role system.</summary>
    public static Flooder Web(Daemon daemon, string type)
    {
        int port = int.Parse(File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.wsport")), CultureInfo.InvariantCulture);
        string token = File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.systoken")).Trim();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect("127.0.0.1", port);
        var flooder = new Flooder(socket, type, seq => RawWebSocket.Text($$"""{"type":"{{type}}","session_id":1,"seq":{{seq}}}"""), ReadText);
        socket.Send(Encoding.Latin1.GetBytes(RawWebSocket.Upgrade(port)));
        for (string head = ""; !head.EndsWith("\r\n\r\n", StringComparison.Ordinal);)
        {
            int one = flooder._stream.ReadByte();
            Assert.True(one >= 0, $"the upgrade was answered {head}");
            head += (char)one;
        }

        socket.Send(RawWebSocket.Text($$"""{"type":"HELLO","role":"system","token":"{{token}}"}"""));
        Assert.Equal("WELCOME", (string?)ReadText(flooder._stream)["type"]);
        return flooder;
    }

    /// <summary>Floods until it is told to stop and all that was asked is answered.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long asked = long.MaxValue; // until it is known
        Task sending = Task.Factory.StartNew(
            () =>
            {
                long rounds = 0;
                for (; !stop.IsCancellationRequested; rounds++)
                {
                    Send(_round);
                    SpinWait.SpinUntil(() => stop.IsCancellationRequested || (rounds * Numbers) - Answered < Ahead);
                }

                // Said before the last one is asked, so that whoever waits for its answer knows that it is the last.
                Volatile.Write(ref asked, (rounds * Numbers) + 1);
                Send(_round.AsSpan(0, _round.Length / Numbers));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task reading = Task.Factory.StartNew(
            () =>
            {
                while (Answered < Volatile.Read(ref asked))
                {
                    Take();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await await Task.WhenAny(sending, reading);
        await sending;
        await reading;
    }

    /// <summary>Asks once: whether that was served.</summary>
    public bool Ask()
    {
        long refused = Refused;
        int at = (int)(Answered % Numbers) * (_round.Length / Numbers);
        Send(_round.AsSpan(at, _round.Length / Numbers));
        Take();
        return Refused == refused;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    private void Take()
    {
        JsonObject answer = _read(_stream);
        Assert.Equal(First + (Answered % Numbers), (long?)answer["re"]);
        if ((string?)answer["type"] == "ERROR")
        {
            Assert.Equal(429, (int?)answer["code"]);
            Assert.Matches($"^RATE_LIMITED: {_type} .* retry_after=[1-9][0-9]*$", (string?)answer["message"]);
            Interlocked.Increment(ref _refused);
        }
        else
        {
            Assert.Equal(_type == "QUERY_APP_STATE" ? "APP_STATE" : "INSTALLED_APPS", (string?)answer["type"]);
        }

        Interlocked.Increment(ref _answered);
    }

    private static JsonObject ReadText(Stream stream)
    {
        byte[] head = new byte[2];
        while (true)
        {
            stream.ReadExactly(head);
            byte[] length = new byte[head[1] == 126 ? 2 : 0];
            stream.ReadExactly(length);
            byte[] payload = new byte[length.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(length) : head[1]];
            stream.ReadExactly(payload);
            if (head[0] == 0x81)
            {
                return JsonNode.Parse(payload)!.AsObject();
            }

            Assert.True(head[0] == 0x89, $"the frame {Convert.ToHexString(head)} came"); // a ping; what is asked answers it
        }
    }
}
