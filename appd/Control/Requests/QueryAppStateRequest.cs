using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>QUERY_APP_STATE</c></summary>
internal sealed class QueryAppStateRequest(ISessions sessions) : RequestHandler<QueryAppState>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(QueryAppState request, Call call, CancellationToken cancellationToken) =>
        new(Reply.Cut(() => sessions.State(request.SessionId)));
}
