namespace Weft.Runtime.Wasmtime;

/// <summary>Why the engine refused something.</summary>
internal enum EngineFailure
{
    /// <summary>There is no library, or it cannot be loaded.</summary>
    Missing,

    /// <summary>The library is of a major version that this binding was not tested with.</summary>
    Untested,

    /// <summary>The module is none, or uses what the engine or Weft does not have.</summary>
    Module,

    /// <summary>Compiled code that the engine does not take: another version, other settings, or no compiled code at all.</summary>
    Code,

    /// <summary>The guest could not be set up: folders, imports, limits.</summary>
    Setup,
}

/// <summary>The engine said no before the guest ran. The message names operation, object and, where there is one, the remedy.</summary>
internal sealed class EngineException(EngineFailure failure, string message) : Exception(message)
{
    public EngineFailure Failure { get; } = failure;
}
