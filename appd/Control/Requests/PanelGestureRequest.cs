using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>PANEL_GESTURE</c>: passed on to all as <c>NAVIGATION_GESTURE</c>.</summary>
internal sealed class PanelGestureRequest(Announcements announcements) : RequestHandler<PanelGesture>
{
    protected override ValueTask<Reply> HandleAsync(PanelGesture request, Call call, CancellationToken cancellationToken)
    {
        var gesture = new NavigationGesture { GestureType = request.GestureType, Fingers = request.Fingers, Dx = request.Dx, Dy = request.Dy };
        lock (announcements.Gate)
        {
            announcements.Publish(gesture, except: call.Requester);
        }

        return new(gesture);
    }
}
