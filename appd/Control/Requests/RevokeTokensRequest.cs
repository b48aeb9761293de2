using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>REVOKE_TOKENS</c></summary>
internal sealed class RevokeTokensRequest(ITokens tokens) : RequestHandler<RevokeTokens>
{
    protected override ValueTask<Reply> HandleAsync(RevokeTokens request, Call call, CancellationToken cancellationToken)
    {
        tokens.RevokeAll();
        return new(new Ok());
    }
}
