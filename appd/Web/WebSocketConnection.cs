using System.Net.Sockets;
using Weft.Appd.Apps;
using Weft.Appd.Control;
using Weft.Core.Protocol;

namespace Weft.Appd.Web;

/// <summary>What a WebSocket needs besides the core.</summary>
internal sealed record WebSocketDoor(Credentials Credentials, SessionPages Pages, Greeting Greeting, IApps Apps);

/// <summary>
/// One client of the WebSocket: JSON messages, HELLO first (docs/protocol.md, "WebSocket"). Bytes are written to the socket by this
/// connection's write loop alone; they are read through the server, which may hold some already.
/// </summary>
/// <param name="pageLabel">The label of the page's origin that the connection came from; null for the UI's origin or none.</param>
internal sealed class WebSocketConnection(ControlCore core, WebSocketDoor door, Stream stream, Socket socket, string? pageLabel)
    : ControlConnection(core, socket, NewRequester(), ControlEncoding.Json)
{
    private readonly WebSocketReader _reader = new(stream, core.Limits.WebSocketMessageBytes);
    private byte[]? _closing; // the close frame that is sent last
    private bool _peerClosed;
    private bool _listens; // what the peer sends is read now; not while its requests must wait
    private bool _heard = true; // anything since the last ping

    private static Requester NewRequester() => new()
    {
        Client = ClientId.Of(ClientId.NewResumeKey()),
        Name = "a client of the WebSocket",
        Role = ClientRole.App, // until it has proved more
        IsLocal = false,
    };

    protected override async Task ReadAllAsync()
    {
        try
        {
            if (!await GreetAsync())
            {
                return;
            }

            await using ITimer pings = Core.Time.CreateTimer(_ => Ping(), null, Core.Limits.PingInterval, Core.Limits.PingInterval);
            while (await ReadTextAsync(Reading) is { } text)
            {
                await TakeAsync(ControlCodec.ReadRequest(text.Span, ControlEncoding.Json));
            }
        }
        catch (WebSocketViolation violation)
        {
            _closing = WebSocketFrame.Close(violation.Code, violation.Message);
        }
        catch (OperationCanceledException) when (Farewell is not null)
        {
            _closing = WebSocketFrame.Close(Farewell.Code, Farewell.Reason);
        }
        catch (OperationCanceledException) when (Core.Stopping.IsCancellationRequested)
        {
            _closing = WebSocketFrame.Close(CloseCode.ServiceRestart, "the daemon stops");
        }
    }

    protected override bool PeerListens => !_peerClosed;

    protected override async ValueTask CloseAsync()
    {
        try
        {
            if (Reason is null)
            {
                await Writer.SendAsync(_closing ?? WebSocketFrame.Close(CloseCode.Normal, ""), Ended);
                using var deadline = new CancellationTokenSource(Core.Limits.DiscardDeadline, Core.Time);
                byte[] discarded = new byte[1024];
                while (!_peerClosed && await stream.ReadAsync(discarded, deadline.Token) > 0)
                {
                    // Until the peer's own close frame ends what it sends; looking into it is not worth a parser's state.
                    _peerClosed = discarded[0] == 0x88;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            // It is closed either way.
        }
    }

    private async ValueTask<bool> GreetAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Reading);
        using var timer = new CancellationTokenSource(Core.Limits.HelloDeadline, Core.Time);
        using CancellationTokenRegistration late = timer.Token.Register(deadline.Cancel);
        ReadOnlyMemory<byte>? first;
        try
        {
            first = await ReadTextAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !Reading.IsCancellationRequested)
        {
            throw new WebSocketViolation(CloseCode.Policy, "no HELLO came in time");
        }

        if (first is not { } text)
        {
            return false;
        }

        ReceivedRequest received = ControlCodec.ReadRequest(text.Span, ControlEncoding.Json);
        if (received.Request is not Hello hello)
        {
            ErrorReply error = received.Error ?? new ErrorReply { Code = ControlCode.NotAuthenticated, Message = $"{received.Type}: say HELLO first" };
            Subscriber.Reply(error, received.Seq);
            throw new WebSocketViolation(CloseCode.Policy, "the first message is HELLO");
        }

        try
        {
            await AdmitAsync(hello, received.Seq);
        }
        catch (ControlException refused)
        {
            Subscriber.Reply(refused.ToReply(), received.Seq);
            throw new WebSocketViolation(CloseCode.Policy, "HELLO was refused");
        }

        return true;
    }

    private async ValueTask AdmitAsync(Hello hello, ulong? seq)
    {
        ClientRole role = hello.Role ?? throw new ControlException(ControlCode.Malformed, "HELLO: role is missing; it is system, observer or app");
        if (role == ClientRole.App)
        {
            AdmitPage(hello, seq);
            return;
        }

        if (pageLabel is not null)
        {
            throw new ControlException(ControlCode.NotAllowed, "HELLO: from a page's origin only the role app is possible");
        }

        string? credential = Prove(role, hello.Token ?? "");
        await door.Apps.RefreshAsync(Reading);
        string key = Greeting.Recognise(Requester, hello);
        lock (Core.Announcements.Gate)
        {
            Requester.Role = role;
            Requester.SaidHello = true;
            Subscriber.Listen(events: null);
            Subscriber.Reply(door.Greeting.Welcome(Requester, key, credential), seq);
        }
    }

    /// <summary>The renewed credential, null where there is none to renew. 401.</summary>
    private string? Prove(ClientRole role, string token)
    {
        if (door.Credentials.IsSystemToken(token))
        {
            return null;
        }

        // Marked before it is looked at, and looked at again once the new one is made: whoever revokes all credentials meanwhile ends this
        // connection too, and what it was given was signed with the key that is gone.
        Requester.UsesCredential = true;
        if (door.Credentials.Check(token) is { } facts && (facts.Role == role || facts.Role == ClientRole.System))
        {
            string? renewed = facts.Role == role ? door.Credentials.Renew(facts) : null;
            if (door.Credentials.Check(token) is not null)
            {
                return renewed;
            }
        }

        throw new ControlException(ControlCode.NotAuthenticated, $"HELLO: the token does not prove the role {role.Wire()}; `weft ui` opens the system UI with a new one");
    }

    private void AdmitPage(Hello hello, ulong? seq)
    {
        lock (Core.Announcements.Gate)
        {
            if (hello.SessionId is not { } session || hello.Token is not { } token || pageLabel is null || !door.Pages.Admits(session, token, pageLabel))
            {
                throw new ControlException(ControlCode.NotAuthenticated, "HELLO: session and token are not those of this page");
            }

            Requester.Name = $"page of session {session}";
            Requester.SaidHello = true;
            Subscriber.Reply(door.Greeting.PageWelcome(), seq);
            foreach (PageMessage waiting in door.Pages.TakeWaiting(session))
            {
                Subscriber.Reply(waiting, re: null);
            }

            Requester.Page = session;
        }
    }

    /// <summary>The next text message; null once the peer closed. Control frames are answered on the way.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadTextAsync(CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken) is { } message)
        {
            switch (message.Opcode)
            {
                case Opcode.Text:
                    return message.Payload;
                case Opcode.Ping:
                    await CountAsync();
                    Subscriber.Put(WebSocketFrame.Encode(Opcode.Pong, message.Payload.Span));
                    break;
                case Opcode.Close:
                    _peerClosed = true;
                    _closing = WebSocketFrame.Encode(Opcode.Close, message.Payload.Span[..Math.Min(2, message.Payload.Length)]);
                    return null;
                default:
                    break;
            }
        }

        Drop("left without closing");
        return null;
    }

    private async ValueTask<WebSocketMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        _heard = true;
        _listens = true;
        WebSocketMessage? message = await _reader.ReadAsync(cancellationToken);
        _listens = false;
        return message;
    }

    private void Ping()
    {
        if (_listens && !_heard)
        {
            Drop("did not answer a ping");
            return;
        }

        _heard = false;
        Subscriber.Put(WebSocketFrame.Encode(Opcode.Ping, []));
    }
}
