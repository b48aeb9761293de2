using System.Text.Json;
using System.Text.Json.Serialization;
using Weft.Core.Protocol;

namespace Weft.Appd.State;

/// <summary>What is kept of a live session: all that its launch asked for, and how to find its process again.</summary>
internal sealed record LiveSession
{
    public required ulong SessionId { get; init; }

    public required string AppId { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    public ulong? SurfaceId { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    public LimitValues? Limits { get; init; }

    /// <summary>The session that this one was started again for.</summary>
    public ulong? RestoredFrom { get; init; }

    /// <summary>The boot that <see cref="Pid"/> and <see cref="PidStartTime"/> belong to.</summary>
    public required string BootId { get; init; }

    /// <summary>Leader of the session's processes; held until this record is on disk.</summary>
    public required int Pid { get; init; }

    /// <summary>Clock ticks since boot: pid and start time together name one process.</summary>
    public required ulong PidStartTime { get; init; }

    /// <summary>An entry of the environment that all processes of the session have, and no others.</summary>
    public required string Mark { get; init; }
}

/// <summary>A request_id that was answered: the same id gets the same session for ten minutes.</summary>
internal sealed record AnsweredRequest
{
    public required string RequestId { get; init; }

    public required string AppId { get; init; }

    public required ulong SessionId { get; init; }

    public required string BootId { get; init; }

    /// <summary>Milliseconds of the monotonic clock of that boot: the wall clock may be wrong.</summary>
    public required long At { get; init; }
}

/// <summary>An ended session, as QUERY_SESSION still shows it.</summary>
internal sealed record EndedSession
{
    public required ulong SessionId { get; init; }

    public required string AppId { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required long StartedAt { get; init; }

    public required long EndedAt { get; init; }

    public ulong? RestoredFrom { get; init; }

    public bool Development { get; init; }

    public string? RuntimeVersion { get; init; }

    public IReadOnlyList<Grant>? Grants { get; init; }

    public LimitValues? Limits { get; init; }

    public JsonElement? Receipt { get; init; }

    public required SessionEnd End { get; init; }
}

/// <summary>Content of <c>sessions.json</c>.</summary>
internal sealed record LiveRecord
{
    public required IReadOnlyList<LiveSession> Sessions { get; init; }

    public required IReadOnlyList<AnsweredRequest> Requests { get; init; }
}

/// <summary>Content of <c>ended-sessions.json</c>, oldest first.</summary>
internal sealed record EndedRecord
{
    public required IReadOnlyList<EndedSession> Sessions { get; init; }
}

/// <summary>Content of <c>session-counter.json</c>: every id below <see cref="Reserved"/> may have been given out.</summary>
internal sealed record CounterRecord
{
    public required ulong Reserved { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LockHolder))]
[JsonSerializable(typeof(RecordHead))]
[JsonSerializable(typeof(LiveRecord))]
[JsonSerializable(typeof(EndedRecord))]
[JsonSerializable(typeof(CounterRecord))]
internal sealed partial class StateJson : JsonSerializerContext;
