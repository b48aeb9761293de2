using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>HELLO</c> on the Unix socket, where it is optional and proves nothing: the socket's peer is trusted already.</summary>
internal sealed class HelloRequest(Greeting greeting, IApps apps) : RequestHandler<Hello>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override async ValueTask<Reply> HandleAsync(Hello request, Call call, CancellationToken cancellationToken)
    {
        Requester requester = call.Requester;
        if (!requester.IsLocal)
        {
            throw new ControlException(ControlCode.Conflict, "HELLO: this connection has said it already");
        }

        if (request.Role == ClientRole.App)
        {
            throw new ControlException(ControlCode.NotAllowed, "HELLO: a page connects to the WebSocket, not to this socket");
        }

        await apps.RefreshAsync(cancellationToken);
        return Reply.Cut(() =>
        {
            string key = Greeting.Recognise(requester, request);
            requester.Role = request.Role ?? ClientRole.System;
            requester.SaidHello = true;
            return greeting.Welcome(requester, key, credential: null);
        });
    }
}
