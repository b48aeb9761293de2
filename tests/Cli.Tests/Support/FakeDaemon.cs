using System.Collections.Concurrent;
using System.Net.Sockets;
using Weft.Core.Protocol;

namespace Weft.Cli.Tests.Support;

/// <summary>A daemon that answers as a test says, over real frames on a real socket.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ControlRequest, IEnumerable<FakeAnswer>> _answer;
    private readonly Task _loop;

    /// <param name="path">Where it listens.</param>
    /// <param name="answer">What follows each request, in order.</param>
    public FakeDaemon(string path, Func<ControlRequest, IEnumerable<FakeAnswer>> answer)
    {
        _answer = answer;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _loop = AcceptAsync();
    }

    /// <summary>All requests of all connections, as they came.</summary>
    public ConcurrentQueue<ControlRequest> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new FrameReader(stream);
        try
        {
            while (true)
            {
                FrameResult frame = await reader.ReadAsync(_stop.Token);
                if (frame.Status != FrameStatus.Frame)
                {
                    return;
                }

                ReceivedRequest received = ControlCodec.ReadRequest(frame.Payload.Span, ControlEncoding.MessagePack);
                Requests.Enqueue(received.Request!);
                foreach (FakeAnswer answer in _answer(received.Request!))
                {
                    if (answer.Message is null)
                    {
                        return;
                    }

                    await stream.WriteAsync(Frames.Encode(answer.Message, answer.IsReply ? received.Seq : null), _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
        }
    }
}

/// <summary>One message of the fake daemon; without a message it hangs up.</summary>
internal sealed record FakeAnswer(ControlReply? Message, bool IsReply)
{
    public static FakeAnswer HangUp { get; } = new(null, false);

    public static FakeAnswer Reply(ControlReply message) => new(message, true);

    public static FakeAnswer Event(ControlReply message) => new(message, false);

    public static FakeAnswer Error(int code, string message) => Reply(new ErrorReply { Code = code, Message = message });
}
