using System.Text.Json;

namespace Weft.Core.Channel;

/// <summary>A line after the two hellos.</summary>
public abstract record ChannelLine;

/// <summary><c>{"n":5,"type":"…",…}</c></summary>
public sealed record NumberedLine(ulong Number, ChannelMessage Message) : ChannelLine;

/// <summary><c>{"ack":5}</c>: all up to 5 is taken over.</summary>
public sealed record AckLine(ulong Number) : ChannelLine;

/// <summary><c>{"refused":5}</c>: 5 is taken over and not accepted, because a queue was full.</summary>
public sealed record RefusedLine(ulong Number) : ChannelLine;

/// <summary>The first line of who connects (appd).</summary>
public sealed record PeerHello
{
    /// <summary>The session's token; nothing else is said to a peer without it.</summary>
    public required string Token { get; init; }

    /// <summary>The number of the last line that was taken over; 0: none, or nothing is remembered.</summary>
    public required ulong Taken { get; init; }

    /// <summary>The number of the first line that will be sent.</summary>
    public required ulong Next { get; init; }

    /// <summary>Lines that were taken over and not accepted, of which the peer may not know.</summary>
    public IReadOnlyList<ulong>? Refused { get; init; }
}

/// <summary>The first line of who listens (the runtime), after it has read the <see cref="PeerHello"/>.</summary>
public sealed record RuntimeHello
{
    public required ulong Taken { get; init; }

    public required ulong Next { get; init; }

    public IReadOnlyList<ulong>? Refused { get; init; }

    /// <summary>The guest is ready.</summary>
    public required bool Ready { get; init; }

    /// <summary>What the runtime measured of itself (the line of <c>--report-fd</c>).</summary>
    public JsonElement? Report { get; init; }
}
