using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>INSTALL</c></summary>
internal sealed class InstallRequest(IApps apps) : RequestHandler<Install>
{
    public override bool IsLong => true;

    protected override async ValueTask<Reply> HandleAsync(Install request, Call call, CancellationToken cancellationToken)
    {
        if (request.Ref.StartsWith("oci:", StringComparison.Ordinal))
        {
            throw new ControlException(ControlCode.Malformed, $"INSTALL {request.Ref}: registries are not in this version; install a folder or a .wapp file");
        }

        if (!call.Requester.IsLocal)
        {
            throw new ControlException(ControlCode.NotAllowed, "INSTALL: a path of this machine is taken over the Unix socket only; use weft install");
        }

        return await apps.InstallAsync(request.Ref, request.Dev, request.Approve, call.Progress, cancellationToken);
    }
}
