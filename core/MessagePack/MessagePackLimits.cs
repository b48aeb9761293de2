namespace Weft.Core.MessagePack;

/// <summary>Limits of everything Weft reads as MessagePack (docs/protocol.md, "Limits").</summary>
public static class MessagePackLimits
{
    /// <summary>
    /// Arrays and maps inside each other. Weft's own messages need 5; a stack overflow cannot be caught in .NET, so depth
    /// is bounded before it is followed.
    /// </summary>
    public const int MaxDepth = 32;
}
