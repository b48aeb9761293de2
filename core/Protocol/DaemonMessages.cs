using System.Text.Json;

namespace Weft.Core.Protocol;

/// <summary><c>STATUS</c> asked, answered by <see cref="StatusReply"/>, which has the same type name.</summary>
public sealed record Status : ControlRequest;

/// <summary><c>STATUS</c> answered.</summary>
public sealed record StatusReply : ControlReply
{
    public required string Version { get; init; }

    public required string Instance { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    public required IReadOnlyList<StatusPart> Parts { get; init; }

    /// <summary>Numbers by name: <c>sessions</c>, <c>clients</c>, <c>apps</c>.</summary>
    public required IReadOnlyDictionary<string, ulong> Counts { get; init; }
}

/// <summary>One part of Weft and how it is.</summary>
public sealed record StatusPart
{
    public required string Part { get; init; }

    public required PartState State { get; init; }

    public required string Detail { get; init; }

    /// <summary>The command or step that mends it.</summary>
    public string? Remedy { get; init; }
}

/// <summary><c>QUERY_SETTINGS</c>, answered by <see cref="Settings"/>.</summary>
public sealed record QuerySettings : ControlRequest;

/// <summary><c>SET_SETTING</c>, answered by <see cref="Settings"/>.</summary>
public sealed record SetSetting : ControlRequest
{
    public required string Key { get; init; }

    /// <summary>Absent: back to the default.</summary>
    public JsonElement? Value { get; init; }
}

/// <summary><c>SETTINGS</c>: reply and broadcast.</summary>
public sealed record Settings : ControlReply
{
    public required IReadOnlyList<SettingValue> Values { get; init; }
}

/// <summary>One setting.</summary>
public sealed record SettingValue
{
    public required string Key { get; init; }

    public required JsonElement Value { get; init; }

    public required JsonElement Default { get; init; }

    /// <summary>Where the value comes from: a file, the environment, <c>default</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Machine policy that a client cannot change.</summary>
    public required bool Locked { get; init; }

    /// <summary>What it is, in a sentence for people.</summary>
    public string? Summary { get; init; }

    /// <summary>The only values it takes; absent where others are possible.</summary>
    public IReadOnlyList<string>? Words { get; init; }
}
