using System.Collections.Frozen;
using System.Globalization;

namespace Weft.Core.Engines;

/// <summary>
/// A release of Wasmtime and how long it gets security fixes (https://docs.wasmtime.dev/stability-release.html): a major
/// version on the 20th of each month since 1.0 in September 2022; every twelfth is supported for 24 months, others for two.
/// </summary>
/// <param name="Version">As far as it is known: all of it for files in the table, else the major version alone.</param>
public sealed record EngineRelease(string Version)
{
    private static readonly DateOnly FirstRelease = new(2022, 9, 20);

    private static readonly FrozenDictionary<string, string> VersionByDigest = new Dictionary<string, string>
    {
        // From the crate wasmtime-c-api-impl =48.0.8.
        ["a315ff3cb77dedc9df7369f4514d2de0f0968e7bee7ad22810cf330ad5c0ae82"] = "48.0.8",
        // Of PyPI's wheel wasmtime 50.0.1: with the strings of its build paths blanked, and as it is in the wheel.
        ["d46f12ee535a703d60717553e06571c282786d72a3aecea9f4ab59ea9e0a3502"] = "50.0.1",
        ["3127ca42fe7cdd3f0a43a358e79177dcfedd46c1746329826403b9d854de6178"] = "50.0.1",
        // wizer of npm's @bytecodealliance/wizer-linux-x64 11.0.3: the Wasmtime inside it.
        ["a081ff0c2f2689e84680189d1a17b3369bab8c8c04490c5ee8179cba44a34a98"] = "42.0.1",
    }.ToFrozenDictionary();

    /// <summary>The major version, 0 where it is unknown.</summary>
    public int Major { get; } = int.TryParse(Version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? major : 0;

    /// <summary>Gets fixes for two years.</summary>
    public bool IsLongTerm => Major > 0 && Major % 12 == 0;

    /// <summary>The last day with security fixes; null where the version is unknown.</summary>
    public DateOnly? SupportedUntil => Major > 0 ? FirstRelease.AddMonths(Major - 1 + (IsLongTerm ? 24 : 2)) : null;

    /// <summary>The release that a file is, where its SHA-256 is known.</summary>
    public static EngineRelease? OfFile(string? sha256) =>
        sha256 is not null && VersionByDigest.TryGetValue(sha256, out string? version) ? new EngineRelease(version) : null;
}
