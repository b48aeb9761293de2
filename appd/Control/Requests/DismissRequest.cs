using Weft.Appd.Notifications;
using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>DISMISS</c></summary>
internal sealed class DismissRequest(NotificationCenter notifications) : RequestHandler<Dismiss>
{
    protected override ValueTask<Reply> HandleAsync(Dismiss request, Call call, CancellationToken cancellationToken) =>
        notifications.Dismiss(request.NotificationId)
            ? new(new Ok())
            : throw new ControlException(ControlCode.NotFound, $"DISMISS: there is no notification {request.NotificationId}; it may be dismissed already");
}
