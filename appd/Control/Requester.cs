using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>The client behind one connection, as request handlers and sessions see it.</summary>
internal sealed class Requester
{
    /// <summary>Who it is; set by HELLO, a passing identity before that.</summary>
    public required ClientId Client { get; set; }

    /// <summary>A name people read ("weft", "system UI").</summary>
    public required string Name { get; set; }

    /// <summary>What it may do.</summary>
    public required ClientRole Role { get; set; }

    /// <summary>True on the Unix socket, where alone paths of the machine may be named.</summary>
    public required bool IsLocal { get; init; }

    /// <summary>The session whose page this is; for role app only.</summary>
    public SessionId? Page { get; set; }

    /// <summary>It proved itself with a credential, which may be revoked.</summary>
    public bool UsesCredential { get; set; }

    /// <summary>True once the client said HELLO.</summary>
    public bool SaidHello { get; set; }
}
