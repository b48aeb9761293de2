using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>Makes and ends what clients of the WebSocket prove themselves with.</summary>
internal interface ITokens
{
    /// <summary>A credential for that role, or with <paramref name="once"/> a one-use code and the URL it opens. 400, 409.</summary>
    public TokenReply Mint(ClientRole role, ulong? seconds, bool once);

    /// <summary>Ends all credentials and codes, and the connections that used one. The system token stays.</summary>
    public void RevokeAll();
}
