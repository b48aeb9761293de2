namespace Weft.Appd.Control;

/// <summary>What a daemon says of itself.</summary>
internal sealed record DaemonFacts
{
    /// <summary>Weft's version, SemVer.</summary>
    public required string Version { get; init; }

    /// <summary>Differs with every start of a daemon image: 128 random bits as hex.</summary>
    public required string Instance { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }
}
