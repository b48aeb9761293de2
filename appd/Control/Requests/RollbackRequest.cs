using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>ROLLBACK</c></summary>
internal sealed class RollbackRequest(IApps apps) : RequestHandler<Rollback>
{
    public override bool IsLong => true;

    protected override async ValueTask<Reply> HandleAsync(Rollback request, Call call, CancellationToken cancellationToken) =>
        await apps.RollbackAsync(request.AppId, cancellationToken);
}
