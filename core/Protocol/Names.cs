using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary>What a session does; nothing else exists. <see cref="NotFound"/> answers for an id nobody knows.</summary>
[JsonConverter(typeof(NameConverter<SessionState>))]
public enum SessionState
{
    Starting,
    Running,
    Stopping,
    Stopped,
    NotFound,
}

/// <summary>Why a session ended (docs/protocol.md, "End").</summary>
[JsonConverter(typeof(NameConverter<EndCause>))]
public enum EndCause
{
    /// <summary>Exit code 0.</summary>
    Exited,

    /// <summary>Another exit code.</summary>
    Failed,

    /// <summary>A trap or a signal.</summary>
    Crashed,

    /// <summary>Somebody asked for it.</summary>
    Terminated,

    OutOfMemory,

    /// <summary>Not ready in time.</summary>
    ReadyTimeout,

    /// <summary>Ended before it was ready.</summary>
    LaunchFailed,

    WindowClosed,
    ImageCorrupt,
    PortalLost,

    /// <summary>Five failures in a row, or another limit.</summary>
    Limit,

    /// <summary>The daemon was stopped.</summary>
    Shutdown,

    /// <summary>The daemon died and could not keep it.</summary>
    DaemonLostIt,
}

/// <summary>What a client of the control protocol may do.</summary>
[JsonConverter(typeof(NameConverter<ClientRole>))]
public enum ClientRole
{
    System,
    Observer,
    App,
}

/// <summary>Where a package is kept.</summary>
[JsonConverter(typeof(NameConverter<AppSource>))]
public enum AppSource
{
    Directory,
    Image,
    Development,
}

/// <summary>The family of a grant.</summary>
[JsonConverter(typeof(NameConverter<GrantKind>))]
public enum GrantKind
{
    Fs,
    Net,
    Sys,
}

/// <summary>State of a part of Weft, as <c>weft doctor</c> prints it.</summary>
[JsonConverter(typeof(NameConverter<PartState>))]
public enum PartState
{
    Present,
    Degraded,
    Missing,
}

/// <summary>The wire names of the enums above, for texts and logs.</summary>
public static class WireNames
{
    /// <summary>The snake_case name of a value, as it stands in messages: <c>daemon_lost_it</c>.</summary>
    public static string Wire<T>(this T value)
        where T : struct, Enum => NameConverter<T>.Name(value);
}
