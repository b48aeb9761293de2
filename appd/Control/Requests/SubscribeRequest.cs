using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>SUBSCRIBE</c>: a cut; a new one replaces the old.</summary>
internal sealed class SubscribeRequest(ISessions sessions) : RequestHandler<Subscribe>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(Subscribe request, Call call, CancellationToken cancellationToken)
    {
        string? unknown = request.Events?.FirstOrDefault(name => !ControlCodec.IsReplyType(name));
        if (unknown is not null)
        {
            throw new ControlException(ControlCode.Malformed, $"SUBSCRIBE: '{unknown}' is no broadcast; leave events out to hear all");
        }

        return new(Reply.Cut(() =>
        {
            call.Subscriber.Listen(request.Events);
            return new Subscribed { Sessions = Visibility.Sessions(call.Requester.Role, sessions.Live()) };
        }));
    }
}
