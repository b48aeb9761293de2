using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>APPROVE</c></summary>
internal sealed class ApproveRequest(IApps apps) : RequestHandler<Approve>
{
    protected override async ValueTask<Reply> HandleAsync(Approve request, Call call, CancellationToken cancellationToken) =>
        await apps.ApproveAsync(request.AppId, cancellationToken);
}
