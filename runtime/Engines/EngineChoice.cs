using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>Which engine was asked for.</summary>
internal enum EngineKind
{
    /// <summary>The library, else an executable.</summary>
    Auto,

    /// <summary>libwasmtime in this process.</summary>
    Library,

    /// <summary>A Wasmtime executable as a child.</summary>
    Executable,
}

/// <summary>Finds the engine.</summary>
internal static class EngineChoice
{
    /// <summary>Opens the engine that was asked for.</summary>
    /// <exception cref="EngineException">There is none.</exception>
    public static IEngine Open(EngineKind kind)
    {
        if (kind != EngineKind.Executable)
        {
            if (EngineLibrary.Find() is { } library)
            {
                return OpenLibrary(library);
            }

            if (kind == EngineKind.Library)
            {
                throw new EngineException(EngineFailure.Missing, $"no libwasmtime.so: name one in {EngineLibrary.Variable}, or run `weft engine install`");
            }
        }

        return ExeProgram.Find() is { } program
            ? new ExecutableEngine(program)
            : throw new EngineException(EngineFailure.Missing, kind == EngineKind.Executable
                ? $"no Wasmtime executable: name one in {ExeProgram.Variable}, or put `wasmtime` on PATH"
                : $"no engine: name a libwasmtime.so in {EngineLibrary.Variable}, or run `weft engine install`");
    }

    /// <summary>Opens the library.</summary>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    public static LibraryEngine OpenLibrary(string library) =>
        LibraryEngine.Open(library, Environment.GetEnvironmentVariable(EngineLayout.AllowUntested) is not null);
}
