namespace Weft.Core.Protocol;

/// <summary><c>QUERY_INSTALLED_APPS</c>, answered by <see cref="InstalledApps"/>. Also read as an array.</summary>
public sealed record QueryInstalledApps : ControlRequest;

/// <summary><c>INSTALLED_APPS</c></summary>
public sealed record InstalledApps : ControlReply
{
    public required IReadOnlyList<AppInfo> Apps { get; init; }
}

/// <summary>One installed app.</summary>
public sealed record AppInfo
{
    public required string AppId { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public string? Description { get; init; }

    public string? IconUrl { get; init; }

    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>A second launch focuses the running one.</summary>
    public required bool Single { get; init; }

    public required AppSource Source { get; init; }

    /// <summary>Signed by a trusted key.</summary>
    public required bool Trusted { get; init; }

    public required IReadOnlyList<string> Backends { get; init; }

    /// <summary>True where it declares capabilities that nobody approved; else absent.</summary>
    public bool? NeedsApproval { get; init; }

    /// <summary>Those capabilities.</summary>
    public IReadOnlyList<string>? Unapproved { get; init; }

    /// <summary>The version that <see cref="Rollback"/> goes to; absent where none is kept.</summary>
    public string? RollbackTo { get; init; }
}

/// <summary><c>INSTALL</c>: <see cref="Progress"/>…, then <see cref="AppsChanged"/>.</summary>
public sealed record Install : ControlRequest
{
    /// <summary>A folder, a <c>.wapp</c>, or <c>oci:…</c>; a path only over the Unix socket.</summary>
    public required string Ref { get; init; }

    /// <summary>Unsigned, marked development everywhere.</summary>
    public bool Dev { get; init; }

    public bool Approve { get; init; }
}

/// <summary><c>UNINSTALL</c>, answered by <see cref="AppsChanged"/>.</summary>
public sealed record Uninstall : ControlRequest
{
    public required string AppId { get; init; }

    public bool PurgeData { get; init; }
}

/// <summary><c>ROLLBACK</c>, answered by <see cref="AppsChanged"/>.</summary>
public sealed record Rollback : ControlRequest
{
    public required string AppId { get; init; }
}

/// <summary><c>APPROVE</c>, answered by <see cref="AppsChanged"/>.</summary>
public sealed record Approve : ControlRequest
{
    public required string AppId { get; init; }
}

/// <summary><c>PROGRESS</c>: how far a long request is. Carries <c>re</c> like the reply that follows.</summary>
public sealed record Progress : ControlReply
{
    public required ulong Done { get; init; }

    /// <summary>0 where it is not known.</summary>
    public required ulong Total { get; init; }

    public required string What { get; init; }
}

/// <summary><c>APPS_CHANGED</c>: reply and broadcast.</summary>
public sealed record AppsChanged : ControlReply
{
    public required string AppId { get; init; }

    /// <summary>Absent where the app is gone.</summary>
    public string? Version { get; init; }
}
