using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>Where launches find packages. The catalogue is the real one; tests script another.</summary>
internal interface IPackages
{
    /// <summary>Checks the package and holds its revision. Cheap where nothing has changed since the last time.</summary>
    /// <exception cref="ControlException">400, 403, 404, 409: why it may not run.</exception>
    public RunnablePackage Open(AppId app);
}

/// <summary>Where launches find compiled code.</summary>
internal interface ICompiledCode
{
    /// <summary>The module's code for the engine in use, opened for reading; null where the engine takes none. Compiles only what was never compiled.</summary>
    /// <exception cref="ControlException">400: it does not compile.</exception>
    public ValueTask<Descriptor?> GetAsync(RunnablePackage package, CancellationToken cancellationToken);
}

/// <summary>A package that may be launched now.</summary>
internal sealed record RunnablePackage
{
    public required Manifest Manifest { get; init; }

    public required bool Development { get; init; }

    public required string ModulePath { get; init; }

    public required ReadOnlyMemory<byte> ModuleSha256 { get; init; }

    /// <summary>The module, opened for reading; the launch closes it.</summary>
    public required Descriptor Module { get; init; }

    /// <summary>Holds the revision while the session lives.</summary>
    public required IDisposable Lease { get; init; }
}
