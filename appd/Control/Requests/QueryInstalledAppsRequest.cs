using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>QUERY_INSTALLED_APPS</c></summary>
internal sealed class QueryInstalledAppsRequest(IApps apps) : RequestHandler<QueryInstalledApps>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override async ValueTask<Reply> HandleAsync(QueryInstalledApps request, Call call, CancellationToken cancellationToken)
    {
        await apps.RefreshAsync(cancellationToken);
        return Reply.Cut(() => new InstalledApps { Apps = apps.Known() });
    }
}
