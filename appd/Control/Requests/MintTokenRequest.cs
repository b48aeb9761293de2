using Weft.Core.Protocol;

namespace Weft.Appd.Control.Requests;

/// <summary><c>MINT_TOKEN</c></summary>
internal sealed class MintTokenRequest(ITokens tokens) : RequestHandler<MintToken>
{
    protected override ValueTask<Reply> HandleAsync(MintToken request, Call call, CancellationToken cancellationToken) =>
        new(tokens.Mint(request.Role, request.TtlS, request.Once));
}
