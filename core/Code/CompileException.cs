namespace Weft.Core.Code;

/// <summary>Why a module was not compiled.</summary>
public enum CompileFailure
{
    /// <summary>The compiler says that it is no module, or none that this engine takes: its author's mistake.</summary>
    Refused,

    /// <summary>It took more time or memory than a module gets: its author's mistake too.</summary>
    TooComplex,

    /// <summary>There is no compiler, or it is not the one that was asked for.</summary>
    NoCompiler,
}

/// <summary>A module was not compiled. The message is the compiler's own words where it had any.</summary>
public sealed class CompileException(CompileFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public CompileFailure Failure { get; } = failure;
}
