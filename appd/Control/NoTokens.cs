using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>Without a WebSocket there is nothing that a token would open.</summary>
internal sealed class NoTokens : ITokens
{
    public TokenReply Mint(ClientRole role, ulong? seconds, bool once) =>
        throw new ControlException(ControlCode.Malformed, "MINT_TOKEN: the WebSocket is not in this version");

    public void RevokeAll()
    {
    }
}
