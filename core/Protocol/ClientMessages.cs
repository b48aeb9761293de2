namespace Weft.Core.Protocol;

/// <summary><c>HELLO</c>, answered by <see cref="Welcome"/>.</summary>
public sealed record Hello : ControlRequest
{
    /// <summary>Needed on the WebSocket; on the Unix socket it is system.</summary>
    public ClientRole? Role { get; init; }

    public string? Token { get; init; }

    /// <summary>Of role app.</summary>
    public SessionId? SessionId { get; init; }

    /// <summary>The secret of an earlier <see cref="Welcome"/>: the same client again.</summary>
    public string? ResumeKey { get; init; }

    /// <summary>A name that people read.</summary>
    public string? Client { get; init; }
}

/// <summary><c>WELCOME</c>: the state at one instant; the broadcasts after it are exactly what happened later. Role app gets the first three fields.</summary>
public sealed record Welcome : ControlReply
{
    public const int ProtocolVersion = 1;

    public required int Protocol { get; init; }

    public required string Version { get; init; }

    /// <summary>Changes with every start of a daemon image.</summary>
    public required string Instance { get; init; }

    public ulong? ClientId { get; init; }

    public string? ResumeKey { get; init; }

    /// <summary>A renewed credential.</summary>
    public string? Credential { get; init; }

    public IReadOnlyList<SessionInfo>? Sessions { get; init; }

    public IReadOnlyList<AppInfo>? Apps { get; init; }

    public IReadOnlyList<BackendInfo>? Backends { get; init; }

    public IReadOnlyList<Notification>? Notifications { get; init; }
}

/// <summary>A place where sessions run.</summary>
public sealed record BackendInfo
{
    public required string Id { get; init; }

    public required string Label { get; init; }

    public required string Kind { get; init; }

    /// <summary><c>off</c> <c>preflight_failed</c> <c>starting</c> <c>ready</c> <c>backing_off</c> <c>stopping</c></summary>
    public required string State { get; init; }

    public string? Reason { get; init; }

    /// <summary><c>off</c> <c>beside</c> <c>only</c></summary>
    public required string Mode { get; init; }

    public required uint Sessions { get; init; }
}

/// <summary><c>SUBSCRIBE</c>, answered by <see cref="Subscribed"/>; a new one replaces the old.</summary>
public sealed record Subscribe : ControlRequest
{
    /// <summary>Types of broadcasts; absent: all.</summary>
    public IReadOnlyList<string>? Events { get; init; }
}

/// <summary><c>SUBSCRIBED</c>: the sessions at one instant; the broadcasts after it are what happened later.</summary>
public sealed record Subscribed : ControlReply
{
    public required IReadOnlyList<SessionInfo> Sessions { get; init; }
}

/// <summary><c>UNSUBSCRIBE</c>, answered by <see cref="Ok"/>.</summary>
public sealed record Unsubscribe : ControlRequest;

/// <summary><c>MINT_TOKEN</c>, answered by <see cref="TokenReply"/>.</summary>
public sealed record MintToken : ControlRequest
{
    public required ClientRole Role { get; init; }

    /// <summary>Seconds.</summary>
    public ulong? TtlS { get; init; }

    /// <summary>A one-use code instead of a credential.</summary>
    public bool Once { get; init; }
}

/// <summary><c>TOKEN</c></summary>
public sealed record TokenReply : ControlReply
{
    public required string Token { get; init; }

    public string? Url { get; init; }
}

/// <summary><c>REVOKE_TOKENS</c>: ends all credentials; answered by <see cref="Ok"/>.</summary>
public sealed record RevokeTokens : ControlRequest;

/// <summary><c>APP_MESSAGE</c> from a page (role app) to its guest; no reply but 429 where the queue is full.</summary>
public sealed record AppMessage : ControlRequest
{
    public required string Payload { get; init; }
}

/// <summary><c>APP_MESSAGE</c> from the guest to its page.</summary>
public sealed record PageMessage : ControlReply
{
    public required string Payload { get; init; }
}

/// <summary><c>CLOSING</c> to a page: its session is about to end.</summary>
public sealed record Closing : ControlReply
{
    /// <summary>Milliseconds.</summary>
    public required uint GraceMs { get; init; }
}

/// <summary><c>NOTIFICATION</c>, a broadcast, and an entry of <see cref="Welcome.Notifications"/>.</summary>
public sealed record Notification : ControlReply
{
    public required ulong NotificationId { get; init; }

    /// <summary>Of the app's session; absent where the system speaks.</summary>
    public SessionId? SessionId { get; init; }

    public required string Title { get; init; }

    public required string Body { get; init; }

    public string? Icon { get; init; }
}

/// <summary><c>NOTIFICATION_DISMISSED</c>, a broadcast: it is no more among <see cref="Welcome.Notifications"/>.</summary>
public sealed record NotificationDismissed : ControlReply
{
    public required ulong NotificationId { get; init; }
}

/// <summary><c>DISMISS</c>, answered by <see cref="Ok"/>.</summary>
public sealed record Dismiss : ControlRequest
{
    public required ulong NotificationId { get; init; }
}
