using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>QUERY_RUNNING</c></summary>
internal sealed class QueryRunningRequest(ISessions sessions) : RequestHandler<QueryRunning>
{
    public override ClientRole Needs => ClientRole.Observer;

    protected override ValueTask<Reply> HandleAsync(QueryRunning request, Call call, CancellationToken cancellationToken) =>
        new(Reply.Cut(() => new RunningApps { Sessions = Visibility.Sessions(call.Requester.Role, sessions.Live()) }));
}
