using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary>Where libwasmtime is, and the one copy of it that this process has loaded.</summary>
internal static class EngineLibrary
{
    /// <summary>What the imports of this folder call the library; <see cref="Load"/> says which file that is.</summary>
    public const string Name = "wasmtime";

    /// <summary>The variable that names the library.</summary>
    public const string Variable = "WEFT_WASMTIME_LIB";

    private const string FileName = "libwasmtime.so";

    private static nint _handle;

    /// <summary>The library to use, or null where there is none; a library that was named is used or nothing is.</summary>
    public static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return named;
        }

        string beside = Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(beside))
        {
            return beside;
        }

        const string Installed = "/usr/lib/weft/" + FileName;
        return File.Exists(Installed) ? Installed : FindByLinker();
    }

    /// <summary>Loads the library, once in a process.</summary>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    public static void Load(string path)
    {
        if (_handle != 0)
        {
            return;
        }

        try
        {
            _handle = NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new EngineException(EngineFailure.Missing, $"engine library {path} cannot be loaded: {e.Message}; name a libwasmtime.so in {Variable}, or run `weft engine install`");
        }

        Register();
    }

    private static string? FindByLinker()
    {
        // The dynamic linker's own search (ld.so.cache, default folders); what it found is kept, so nothing is loaded twice.
        return NativeLibrary.TryLoad(FileName, out _handle) && Register() ? FileName : null;
    }

    private static bool Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(EngineLibrary).Assembly, static (name, _, _) => name == Name ? _handle : 0);
        return true;
    }
}
