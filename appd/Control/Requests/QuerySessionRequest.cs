using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>QUERY_SESSION</c></summary>
internal sealed class QuerySessionRequest(ISessions sessions) : RequestHandler<QuerySession>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(QuerySession request, Call call, CancellationToken cancellationToken)
    {
        SessionUsage usage = sessions.UsageOf(request.SessionId);
        return new(Reply.Cut(() => Visibility.Details(call.Requester.Role, sessions.Inspect(request.SessionId) with { Usage = usage })));
    }
}
