using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>READ_LOG</c>. Not for observers: what an app prints is as private as its messages.</summary>
internal sealed class ReadLogRequest(ISessions sessions) : RequestHandler<ReadLog>
{
    protected override async ValueTask<Reply> HandleAsync(ReadLog request, Call call, CancellationToken cancellationToken) =>
        await sessions.ReadLogAsync(request.SessionId, request.Since, request.Lines, cancellationToken);
}
