using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>FOCUS_APP</c></summary>
internal sealed class FocusAppRequest(ISessions sessions) : RequestHandler<FocusApp>
{
    protected override ValueTask<Reply> HandleAsync(FocusApp request, Call call, CancellationToken cancellationToken) =>
        new(sessions.Focus(request.SessionId));
}
