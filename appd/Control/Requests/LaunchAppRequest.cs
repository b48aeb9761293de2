using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>LAUNCH_APP</c></summary>
internal sealed class LaunchAppRequest(ISessions sessions) : RequestHandler<LaunchApp>
{
    protected override async ValueTask<Reply> HandleAsync(LaunchApp request, Call call, CancellationToken cancellationToken) =>
        await sessions.LaunchAsync(request, call.Requester, cancellationToken);
}
