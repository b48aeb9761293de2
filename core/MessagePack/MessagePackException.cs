namespace Weft.Core.MessagePack;

/// <summary>Bytes that are no MessagePack, or not what was expected of them. The peer broke the protocol.</summary>
public sealed class MessagePackException(string message, int offset) : FormatException($"byte {offset}: {message}")
{
    /// <summary>Of the first byte of the value that is wrong.</summary>
    public int Offset { get; } = offset;
}
