using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>APP_MESSAGE</c> of a page, to the guest of its own session; answered only where it cannot be delivered.</summary>
internal sealed class AppMessageRequest(ISessions sessions) : RequestHandler<AppMessage>
{
    public override ClientRole Needs => ClientRole.App;

    protected override async ValueTask<Reply> HandleAsync(AppMessage request, Call call, CancellationToken cancellationToken)
    {
        Payload.Check("APP_MESSAGE", request.Payload);
        SessionId session = call.Requester.Page ?? throw new ControlException(ControlCode.NotAllowed, "APP_MESSAGE: this connection is no session's page");
        await sessions.ForwardAsync(session, request.Payload, cancellationToken);
        return Reply.None;
    }
}
