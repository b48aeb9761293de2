using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>UNINSTALL</c></summary>
internal sealed class UninstallRequest(IApps apps) : RequestHandler<Uninstall>
{
    public override bool IsLong => true;

    protected override async ValueTask<Reply> HandleAsync(Uninstall request, Call call, CancellationToken cancellationToken) =>
        await apps.UninstallAsync(request.AppId, request.PurgeData, call.Progress, cancellationToken);
}
