namespace Weft.Core.Code;

/// <summary>What decides whether compiled code fits an engine: the caller has found them out once per library file.</summary>
public sealed record EngineFacts
{
    /// <summary>Absolute path of the library.</summary>
    public required string LibraryPath { get; init; }

    /// <summary>SHA-256 of that file in hex: its own version string names the major only.</summary>
    public required string Sha256 { get; init; }

    public required int Major { get; init; }

    /// <summary>The settings that code must be compiled with, as one line of text that changes when any of them does.</summary>
    public required string Settings { get; init; }
}
