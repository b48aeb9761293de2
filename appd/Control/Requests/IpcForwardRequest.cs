using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>IPC_FORWARD</c></summary>
internal sealed class IpcForwardRequest(ISessions sessions) : RequestHandler<IpcForward>
{
    protected override async ValueTask<Reply> HandleAsync(IpcForward request, Call call, CancellationToken cancellationToken)
    {
        Payload.Check("IPC_FORWARD", request.Payload);
        await sessions.ForwardAsync(request.SessionId, request.Payload, cancellationToken);
        return Reply.Cut(() => sessions.State(request.SessionId));
    }
}
