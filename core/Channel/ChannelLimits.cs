namespace Weft.Core.Channel;

/// <summary>Limits of the channel between appd and a runtime (docs/protocol.md, "Channel").</summary>
public static class ChannelLimits
{
    /// <summary>
    /// Bytes of one line without its newline. The largest payload has 64 KiB, which JSON may spell six times as long.
    /// </summary>
    public const int MaxLine = 512 * 1024;

    /// <summary>Bytes of lines that a side keeps until they are acknowledged; what is over it is an error to the sender.</summary>
    public const int KeptBytes = 4 * 1024 * 1024;

    /// <summary>Refusals that a side keeps for a peer that does not read them; over it the connection is ended.</summary>
    public const int MaxRefusals = 1024;
}

/// <summary>The peer broke the channel's protocol; the connection ends with this reason.</summary>
public sealed class ChannelException(string message) : Exception(message);

/// <summary>4 MiB wait for the peer: the message was not taken. 429 to a client, -32002 to a guest.</summary>
public sealed class ChannelOverflowException(string message) : Exception(message);
