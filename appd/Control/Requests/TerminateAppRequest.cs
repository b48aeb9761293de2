using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>TERMINATE_APP</c></summary>
internal sealed class TerminateAppRequest(ISessions sessions) : RequestHandler<TerminateApp>
{
    protected override async ValueTask<Reply> HandleAsync(TerminateApp request, Call call, CancellationToken cancellationToken) =>
        await sessions.TerminateAsync(request.SessionId, request.Force, call.Requester, cancellationToken);
}
