using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>A package to install.</summary>
public sealed record InstallRequest
{
    /// <summary>A package's folder or an archive; relative to the working folder.</summary>
    public required string Path { get; init; }

    /// <summary>Nobody needs to vouch for it; it is marked <em>development</em> everywhere.</summary>
    public bool Development { get; init; }

    /// <summary>Whoever installs it approves the capabilities it declares.</summary>
    public bool Approve { get; init; }

    /// <summary>Compiles the module ahead, so that no first launch waits; what it throws refuses the package; the reason where nothing was compiled, else null. Without it that is left to the launch.</summary>
    public Func<StagedModule, CancellationToken, Task<string?>>? Compile { get; init; }

    /// <summary>Is told what is being done, how much of it, and of how much (0: not known).</summary>
    public Action<string, long, long>? Progress { get; init; }
}

/// <summary>The module of a package that is being installed, open for reading until the call ends.</summary>
public sealed record StagedModule(Descriptor Module, ReadOnlyMemory<byte> Sha256, Manifest Manifest);

/// <summary>What an install did.</summary>
/// <param name="Package">As it is installed now; its <see cref="InstalledPackage.NeedsApproval"/> says what is still to be approved.</param>
/// <param name="Previous">The version that was active before; null where there was none.</param>
public sealed record InstallResult(InstalledPackage Package, string? Previous);
