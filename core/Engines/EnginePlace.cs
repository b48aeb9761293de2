using Weft.Core.Folders;
using Weft.Core.Settings;

namespace Weft.Core.Engines;

/// <summary>
/// Where the engine is, as far as settings or <c>weft engine install</c> say; a runtime looks on by itself (beside itself,
/// <c>/usr/lib/weft</c>, the dynamic linker, <c>wasmtime</c> on PATH) where this says nothing.
/// </summary>
/// <param name="Library">A libwasmtime, or null.</param>
/// <param name="Program">A Wasmtime executable, or null.</param>
public sealed record EnginePlace(string? Library, string? Program)
{
    /// <summary>What settings and environment name, else what <c>weft engine install</c> keeps in the cache.</summary>
    public static EnginePlace Find(WeftPaths paths, WeftSettings settings)
    {
        string library = InstalledLibrary(paths);
        string program = InstalledProgram(paths);
        return new EnginePlace(
            settings.EngineLibrary ?? paths.WasmtimeLibrary ?? (File.Exists(library) ? library : null),
            settings.EngineProgram ?? paths.WasmtimeBinary ?? (File.Exists(program) ? program : null));
    }

    /// <summary>Where <c>weft engine install</c> puts a library.</summary>
    public static string InstalledLibrary(WeftPaths paths) => Path.Combine(paths.CacheFolder, "engine", "libwasmtime.so");

    /// <summary>Where <c>weft engine install</c> puts the stand-in for a Wasmtime executable.</summary>
    public static string InstalledProgram(WeftPaths paths) => Path.Combine(paths.CacheFolder, "engine", "wizer");

    /// <summary>The variables that tell a runtime.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables()
    {
        if (Library is not null)
        {
            yield return new("WEFT_WASMTIME_LIB", Library);
        }

        if (Program is not null)
        {
            yield return new("WEFT_WASMTIME_BIN", Program);
        }
    }
}
