namespace Weft.Core.Code;

/// <summary>Where compiled code lies, and what its compiler may use.</summary>
public sealed record CodeCacheOptions
{
    /// <summary>Weft's cache folder; code lies in <c>code/</c> of it (0700).</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Holds the key of the HMACs (<c>code.key</c>, 0600).</summary>
    public required string StateRoot { get; init; }

    /// <summary>weft-runtime, which is run with <c>--compile</c>.</summary>
    public required string RuntimeProgram { get; init; }

    /// <summary>What comes before <c>--compile</c>: who it is to run as.</summary>
    public IReadOnlyList<string> RuntimeArguments { get; init; } = [];

    /// <summary>How long one module may take: 60 s (spec: the box around the compiler).</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Address space of the compiler in bytes: 1 GiB.</summary>
    public long AddressSpace { get; init; } = 1L << 30;

    /// <summary>Largest compiled code in bytes: 512 MiB, twice what the largest module can be.</summary>
    public long LargestCode { get; init; } = 512L << 20;

    /// <summary>All entries together, in bytes: 2 GiB; the ones written longest ago go first.</summary>
    public long TotalBytes { get; init; } = 2L << 30;
}
