using Weft.Core.Apps;
using Weft.Core.Trust;

namespace Weft.Core.Store;

/// <summary>Where an installed package comes from.</summary>
public enum PackageSource
{
    /// <summary>A folder of a store, signed by a trusted publisher.</summary>
    Directory,

    /// <summary>A verified image.</summary>
    Image,

    /// <summary>A folder of a store, installed with <c>--dev</c>: nobody vouches for it, and it says so everywhere.</summary>
    Development,
}

/// <summary>A package in a store as it was last checked: facts, not rights. To run it, take a <see cref="PackageLease"/>.</summary>
public sealed record InstalledPackage
{
    public required AppId AppId { get; init; }

    public required Manifest Manifest { get; init; }

    /// <summary>The folder that holds the package, absolute, and no link: what is there does not change.</summary>
    public required string RevisionFolder { get; init; }

    public required ContentDigest Digest { get; init; }

    public required PackageSource Source { get; init; }

    /// <summary>A trusted key signed exactly this content, and it may be launched as far as that goes.</summary>
    public required bool Trusted { get; init; }

    /// <summary>Whose signature was found right; null for a development package without one.</summary>
    public PublisherKey? Publisher { get; init; }

    /// <summary>What it declares and nobody approved yet; empty where it may run.</summary>
    public required CapabilitySet NeedsApproval { get; init; }

    /// <summary>SHA-256 of its module.</summary>
    public required byte[] ModuleSha256 { get; init; }

    /// <summary>It lies in the store of the system, where only the machine's administrator changes it.</summary>
    public required bool FromSystemStore { get; init; }

    /// <summary>The version of the revision before this one; null where none is kept.</summary>
    public required string? RollbackTo { get; init; }

    /// <summary>Why it would not launch, or what else is to be said about it; null where all is well. Only in listings.</summary>
    public string? Problem { get; init; }

    /// <summary>The module as a path; what is run is opened through <see cref="PackageLease.OpenModule"/>.</summary>
    public string ModulePath => Path.Combine(RevisionFolder, Manifest.Module);
}

/// <summary>What lies in the stores.</summary>
/// <param name="Packages">By id. One that would not launch says why.</param>
/// <param name="Problems">What could not be read as a package at all, and ids that lie in both stores.</param>
public sealed record StoreListing(IReadOnlyList<InstalledPackage> Packages, IReadOnlyList<StoreProblem> Problems);

/// <summary>Something in a store that a person should look at.</summary>
public sealed record StoreProblem(AppId AppId, string Message);
