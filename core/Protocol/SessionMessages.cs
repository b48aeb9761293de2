using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary><c>LAUNCH_APP</c>, answered by <see cref="LaunchAck"/> once the intent is on disk. Also read as an array.</summary>
public sealed record LaunchApp : ControlRequest
{
    public required string AppId { get; init; }

    public ulong? SurfaceId { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>Over the manifest's; above the machine's policy is 400.</summary>
    public LimitValues? Limits { get; init; }

    public string? Backend { get; init; }

    public bool Console { get; init; }

    /// <summary>Chosen by the client, a string or an integer: the same one within 10 minutes gives the same session.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? RequestId { get; init; }
}

/// <summary>Limits as a manifest writes them: <c>"50%"</c>, <c>"128M"</c>, 32. Unchecked text.</summary>
public sealed record LimitValues
{
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? Cpu { get; init; }

    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? Memory { get; init; }

    public uint? Tasks { get; init; }

    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? LinearMemory { get; init; }
}

/// <summary><c>LAUNCH_ACK</c>: reply and broadcast.</summary>
public sealed record LaunchAck : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required string AppId { get; init; }

    /// <summary>True where a running session of a <c>single</c> app was focused instead; else absent.</summary>
    public bool? Existing { get; init; }
}

/// <summary><c>TERMINATE_APP</c>, answered by <see cref="AppState"/>. Also read as an array.</summary>
public sealed record TerminateApp : ControlRequest, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public bool Force { get; init; }

    public ulong? Epoch { get; init; }
}

/// <summary><c>QUERY_RUNNING</c>, answered by <see cref="RunningApps"/>. Also read as an array.</summary>
public sealed record QueryRunning : ControlRequest;

/// <summary><c>RUNNING_APPS</c>: sessions that start, run or stop.</summary>
public sealed record RunningApps : ControlReply
{
    public required IReadOnlyList<SessionInfo> Sessions { get; init; }
}

/// <summary><c>QUERY_APP_STATE</c>, answered by <see cref="AppState"/>. Also read as an array.</summary>
public sealed record QueryAppState : ControlRequest, ISessionMessage
{
    public required SessionId SessionId { get; init; }
}

/// <summary><c>APP_STATE</c>: reply and broadcast. <see cref="End"/> stands exactly where the state is stopped.</summary>
public sealed record AppState : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required SessionState State { get; init; }

    public SessionEnd? End { get; init; }
}

/// <summary><c>APP_READY</c>, a broadcast.</summary>
public sealed record AppReady : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required string AppId { get; init; }
}

/// <summary><c>QUERY_SESSION</c>, answered by <see cref="SessionDetails"/>.</summary>
public sealed record QuerySession : ControlRequest, ISessionMessage
{
    public required SessionId SessionId { get; init; }
}

/// <summary>One session as lists show it. A reply only as <see cref="SessionDetails"/>.</summary>
public record SessionInfo : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required string AppId { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required SessionState State { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    /// <summary>Of the runtime; 0 while there is none.</summary>
    public required int Pid { get; init; }

    public required string Backend { get; init; }

    public required string RuntimeVersion { get; init; }

    public Controller? Controller { get; init; }

    public required ulong Epoch { get; init; }

    /// <summary>Never shown to observers.</summary>
    public string? UiUrl { get; init; }

    public required bool Console { get; init; }

    public required bool Development { get; init; }

    public bool? Painted { get; init; }

    public SessionId? RestoredFrom { get; init; }
}

/// <summary><c>SESSION</c>: all that is known of one session.</summary>
public sealed record SessionDetails : SessionInfo
{
    public required IReadOnlyList<Grant> Grants { get; init; }

    /// <summary>In force.</summary>
    public required LimitValues Limits { get; init; }

    /// <summary>What was asked, what is in force and how it was read back: a map.</summary>
    public required JsonElement Receipt { get; init; }

    public required SessionUsage Usage { get; init; }

    public SessionEnd? End { get; init; }

    /// <summary>The details of a session whose other fields are those of <paramref name="info"/>.</summary>
    public static SessionDetails Of(SessionInfo info, IReadOnlyList<Grant> grants, LimitValues limits, JsonElement receipt, SessionUsage usage, SessionEnd? end) => new()
    {
        SessionId = info.SessionId,
        AppId = info.AppId,
        Name = info.Name,
        Version = info.Version,
        State = info.State,
        StartedAt = info.StartedAt,
        Pid = info.Pid,
        Backend = info.Backend,
        RuntimeVersion = info.RuntimeVersion,
        Controller = info.Controller,
        Epoch = info.Epoch,
        UiUrl = info.UiUrl,
        Console = info.Console,
        Development = info.Development,
        Painted = info.Painted,
        RestoredFrom = info.RestoredFrom,
        Grants = grants,
        Limits = limits,
        Receipt = receipt,
        Usage = usage,
        End = end,
    };
}

/// <summary>Who controls a session.</summary>
public sealed record Controller
{
    public required ulong ClientId { get; init; }

    public required string Name { get; init; }
}

/// <summary>What a session uses now; what cannot be read is absent.</summary>
public sealed record SessionUsage
{
    /// <summary>CPU time of all its processes, in milliseconds.</summary>
    public ulong? CpuMs { get; init; }

    /// <summary>Bytes.</summary>
    public ulong? Memory { get; init; }

    public uint? Tasks { get; init; }

    /// <summary>Of the guest's linear memory, in bytes.</summary>
    public ulong? LinearMemory { get; init; }
}

/// <summary>One right of a session.</summary>
public sealed record Grant
{
    public required ulong Id { get; init; }

    public required GrantKind Kind { get; init; }

    public required string Name { get; init; }

    public string? Path { get; init; }

    /// <summary><c>ro</c> or <c>rw</c>, of folders and files.</summary>
    public string? Mode { get; init; }

    /// <summary>How often it was used.</summary>
    public required ulong Used { get; init; }
}

/// <summary>Why and how a session ended (spec 6, "End").</summary>
public sealed record SessionEnd
{
    public required EndCause Cause { get; init; }

    /// <summary>A sentence that a person at the kiosk can read.</summary>
    public required string Message { get; init; }

    public int? ExitCode { get; init; }

    public int? Signal { get; init; }

    public required IReadOnlyList<Fact> Facts { get; init; }
}

/// <summary>One observation that explains an end.</summary>
public sealed record Fact
{
    /// <summary>Unix milliseconds.</summary>
    public required long At { get; init; }

    /// <summary>Who saw it: <c>runtime</c>, <c>pidfd</c>, <c>client 7</c>.</summary>
    public required string Source { get; init; }

    public required string What { get; init; }
}

/// <summary><c>IPC_FORWARD</c>, answered by <see cref="AppState"/>. Also read as an array.</summary>
public sealed record IpcForward : ControlRequest, ISessionMessage
{
    /// <summary>The largest payload, in UTF-8 bytes; above it 413.</summary>
    public const int LargestPayload = 65_536;

    public required SessionId SessionId { get; init; }

    public required string Payload { get; init; }

    public ulong? Epoch { get; init; }
}

/// <summary><c>IPC_MESSAGE</c>, a broadcast to role system.</summary>
public sealed record IpcMessage : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required string Payload { get; init; }
}

/// <summary><c>FOCUS_APP</c>, answered by <see cref="AppState"/>.</summary>
public sealed record FocusApp : ControlRequest, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public ulong? Epoch { get; init; }
}

/// <summary><c>PANEL_GESTURE</c>, answered and broadcast as <see cref="NavigationGesture"/>. Also read as an array.</summary>
public sealed record PanelGesture : ControlRequest
{
    public required uint GestureType { get; init; }

    public required uint Fingers { get; init; }

    public required double Dx { get; init; }

    public required double Dy { get; init; }
}

/// <summary><c>NAVIGATION_GESTURE</c></summary>
public sealed record NavigationGesture : ControlReply
{
    public required uint GestureType { get; init; }

    public required uint Fingers { get; init; }

    public required double Dx { get; init; }

    public required double Dy { get; init; }
}

/// <summary><c>READ_LOG</c>, answered by <see cref="Log"/>.</summary>
public sealed record ReadLog : ControlRequest, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    /// <summary>The <see cref="Log.Next"/> of an earlier reply; absent: the last lines.</summary>
    public ulong? Since { get; init; }

    public uint? Lines { get; init; }
}

/// <summary><c>LOG</c></summary>
public sealed record Log : ControlReply, ISessionMessage
{
    public required SessionId SessionId { get; init; }

    public required IReadOnlyList<LogEntry> Entries { get; init; }

    public required ulong Next { get; init; }
}

/// <summary>One line of a session's log.</summary>
public sealed record LogEntry
{
    /// <summary>Unix milliseconds.</summary>
    public required long At { get; init; }

    /// <summary><c>out</c>, <c>err</c>, or <c>weft</c> for what appd says itself (a gap, a restart).</summary>
    public required string Stream { get; init; }

    public required string Text { get; init; }
}
