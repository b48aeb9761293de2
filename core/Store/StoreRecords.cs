using System.Text.Json.Serialization;

namespace Weft.Core.Store;

/// <summary>The owner of an id: <c>owners/&lt;id&gt;.json</c> in the state root.</summary>
internal sealed record OwnerRecord
{
    public int Format { get; init; } = RecordFile.Format;

    /// <summary>The publisher's public key in hex.</summary>
    public required string Key { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long RecordedAt { get; init; }
}

/// <summary>What a person agreed to: <c>approvals/&lt;id&gt;.json</c> in the state root.</summary>
internal sealed record ApprovalRecord
{
    public int Format { get; init; } = RecordFile.Format;

    /// <summary>Canonical texts.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long ApprovedAt { get; init; }
}

/// <summary>
/// What a store knows of an id's revisions besides their content: <c>.revisions/&lt;id&gt;/record.json</c>. Which one is active says
/// the link alone.
/// </summary>
internal sealed record RevisionsRecord
{
    public int Format { get; init; } = RecordFile.Format;

    /// <summary>In the order in which they were activated; the one before the active one is what rollback goes to.</summary>
    public required IReadOnlyList<RevisionRecord> Revisions { get; init; }
}

internal sealed record RevisionRecord
{
    /// <summary>The name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>Installed with <c>--dev</c>.</summary>
    public bool Development { get; init; }

    public required string Version { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long InstalledAt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OwnerRecord))]
[JsonSerializable(typeof(ApprovalRecord))]
[JsonSerializable(typeof(RevisionsRecord))]
internal sealed partial class StoreJson : JsonSerializerContext;
