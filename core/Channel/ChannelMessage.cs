namespace Weft.Core.Channel;

/// <summary>A numbered line of the channel; one record per type (docs/protocol.md, "Channel").</summary>
public abstract record ChannelMessage;

/// <summary>What a runtime says to appd.</summary>
public abstract record RuntimeMessage : ChannelMessage;

/// <summary>What appd says to a runtime.</summary>
public abstract record DaemonMessage : ChannelMessage;

/// <summary>A type that this version does not know: taken and refused, so that the channel goes on.</summary>
public sealed record UnknownMessage(string Type) : ChannelMessage;

// ---- runtime → appd ---------------------------------------------------------------------------------------------

/// <summary><c>ready</c>: the guest is. The READY line on stdout says the same and counts; this one tells later peers.</summary>
public sealed record Ready : RuntimeMessage;

/// <summary><c>ipc</c>: a payload of the guest for its page and for subscribers of IPC_MESSAGE.</summary>
public sealed record Ipc : RuntimeMessage
{
    public required string Payload { get; init; }
}

/// <summary><c>notify</c>: a notification to show; answered by <see cref="Reply"/>.</summary>
public sealed record Notify : RuntimeMessage
{
    public required ulong Id { get; init; }

    public required string Title { get; init; }

    public required string Body { get; init; }

    public string? Icon { get; init; }
}

/// <summary><c>clipboard_read</c>, answered by <see cref="Reply"/> with the text.</summary>
public sealed record ClipboardRead : RuntimeMessage
{
    public required ulong Id { get; init; }
}

/// <summary><c>clipboard_write</c>, answered by <see cref="Reply"/>.</summary>
public sealed record ClipboardWrite : RuntimeMessage
{
    public required ulong Id { get; init; }

    public required string Text { get; init; }
}

/// <summary><c>used</c>: the guest used a grant, named as in the manifest.</summary>
public sealed record Used : RuntimeMessage
{
    public required string Grant { get; init; }
}

// ---- appd → runtime ---------------------------------------------------------------------------------------------

/// <summary><c>message</c>: a payload for the guest. Refused where its queue is full.</summary>
public sealed record Message : DaemonMessage
{
    public required string Payload { get; init; }
}

/// <summary><c>closing</c>: the session is about to end.</summary>
public sealed record Closing : DaemonMessage
{
    /// <summary>Milliseconds.</summary>
    public required uint GraceMs { get; init; }
}

/// <summary><c>reply</c> to a request of the guest.</summary>
public sealed record Reply : DaemonMessage
{
    public required ulong Id { get; init; }

    public string? Text { get; init; }

    /// <summary>Why it failed; absent where it did not.</summary>
    public string? Error { get; init; }
}

/// <summary><c>revoked</c>: a grant is gone.</summary>
public sealed record Revoked : DaemonMessage
{
    public required string Grant { get; init; }
}

/// <summary><c>memory_pressure</c>: the guest may give back what it can.</summary>
public sealed record MemoryPressure : DaemonMessage
{
    public required string Level { get; init; }
}
