using Weft.Appd.Processes;
using Weft.Core.Code;
using Weft.Core.Protocol;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>Compiled code from the cache, for the engine that the runtime would use.</summary>
internal sealed class CompiledCode(CodeCache cache, EngineKnowledge engine) : ICompiledCode
{
    public async ValueTask<Descriptor?> GetAsync(RunnablePackage package, CancellationToken cancellationToken)
    {
        // Without a library there is nothing to compile for: the executable engine takes modules as they are.
        if (await engine.GetAsync(cancellationToken) is not { } facts)
        {
            return null;
        }

        try
        {
            return await cache.GetAsync(package.Module, package.ModuleSha256, facts, cancellationToken);
        }
        catch (CompileException e)
        {
            throw new ControlException(
                e.Failure == CompileFailure.NoCompiler ? ControlCode.HostFailed : ControlCode.Malformed,
                $"launch {package.Manifest.Id}: its module was not compiled: {e.Message}",
                e);
        }
    }

    /// <summary>Compiles a module before it is installed, so that its first launch does not wait.</summary>
    /// <returns>Why nothing was compiled; null where it was.</returns>
    /// <exception cref="PackageException">It does not compile.</exception>
    public async Task<string?> CompileAheadAsync(StagedModule staged, CancellationToken cancellationToken)
    {
        if (await engine.GetAsync(cancellationToken) is not { } facts)
        {
            return engine.Part.Detail;
        }

        try
        {
            using Descriptor code = await cache.GetAsync(staged.Module, staged.Sha256, facts, cancellationToken);
            return null;
        }
        catch (CompileException e)
        {
            PackageFault fault = e.Failure == CompileFailure.NoCompiler ? PackageFault.System : PackageFault.Invalid;
            throw new PackageException(fault, $"compile the module of {staged.Manifest.Id}: {e.Message}", e);
        }
    }
}
