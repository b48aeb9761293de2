using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>UNSUBSCRIBE</c></summary>
internal sealed class UnsubscribeRequest : RequestHandler<Unsubscribe>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(Unsubscribe request, Call call, CancellationToken cancellationToken) =>
        new(Reply.Cut(() =>
        {
            call.Subscriber.StopListening();
            return new Ok();
        }));
}
