using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>STATUS</c></summary>
internal sealed class StatusRequest(DaemonStatus status) : RequestHandler<Status>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(Status request, Call call, CancellationToken cancellationToken) =>
        new(Reply.Cut(status.Now));
}
