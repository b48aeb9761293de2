using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>What was decided about a session before it began; nothing of it changes later.</summary>
internal sealed record SessionPlan
{
    public required SessionId Id { get; init; }

    public required Manifest Manifest { get; init; }

    /// <summary>Nobody vouches for the package.</summary>
    public required bool Development { get; init; }

    /// <summary><c>jsonrpc</c>, <c>none</c> or <c>component</c>.</summary>
    public required string Interface { get; init; }

    /// <summary>In force, as far as anything here enforces them.</summary>
    public required AppLimits Limits { get; init; }

    public required IReadOnlyList<Grant> Grants { get; init; }

    /// <summary>Who it runs as, where that is not simply the daemon's user.</summary>
    public string? User { get; init; }

    /// <summary>As it was asked for, to be asked for again.</summary>
    public required LaunchApp Request { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    /// <summary>128 random bits in hex: READY and the channel carry them.</summary>
    public required string Token { get; init; }

    /// <summary>The session's socket, which its runtime listens on.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The end record, which its runtime writes.</summary>
    public required string EndPath { get; init; }

    /// <summary>The session that this one follows, when the app was started again.</summary>
    public SessionId? RestoredFrom { get; init; }

    public RestartRow Row { get; init; }

    public AppId App => Manifest.Id;

    /// <summary>The app has a window.</summary>
    public bool HasSurface => Manifest.UiEntry is not null;

    /// <summary>Messages can be sent to the guest.</summary>
    public bool HasMessages => Interface != "none";
}
