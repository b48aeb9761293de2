using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary>
/// <c>wasi_config_t</c>: the world a guest sees. Empty at first: no argument, no variable, no folder, no network, standard input at its end,
/// output dropped. Given to <see cref="Store.SetWasi"/>, which takes it over.
/// </summary>
internal sealed partial class WasiSetup : SafeHandle
{
    public WasiSetup()
        : base(0, ownsHandle: true) => SetHandle(wasi_config_new());

    public override bool IsInvalid => handle == 0;

    public void SetArguments(IReadOnlyList<string> arguments)
    {
        string[] list = [.. arguments];
        if (wasi_config_set_argv(handle, (nuint)list.Length, list) == 0)
        {
            throw new EngineException(EngineFailure.Setup, "guest arguments: not UTF-8");
        }
    }

    public void SetVariables(IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        string[] names = new string[variables.Count];
        string[] values = new string[variables.Count];
        for (int i = 0; i < names.Length; i++)
        {
            (names[i], values[i]) = variables[i];
        }

        if (wasi_config_set_env(handle, (nuint)names.Length, names, values) == 0)
        {
            throw new EngineException(EngineFailure.Setup, "guest environment: not UTF-8");
        }
    }

    /// <summary>Gives the guest a folder; without <paramref name="writable"/> the engine refuses every change below it.</summary>
    /// <exception cref="EngineException">The folder cannot be opened.</exception>
    public void AddFolder(string host, string guest, bool writable)
    {
        if (wasi_config_preopen_dir(handle, host, guest, writable ? (byte)1 : (byte)0) == 0)
        {
            throw new EngineException(EngineFailure.Setup, $"open folder {host} for the guest's {guest}: no such folder, or no right to it");
        }
    }

    /// <summary>Lets the guest read this process's own standard input. Its thread starts with the guest's first read.</summary>
    public void InheritInput() => wasi_config_inherit_stdin(handle);

    /// <summary>Lets the guest write to this process's own standard output and error, on its own thread.</summary>
    public void InheritOutput()
    {
        wasi_config_inherit_stdout(handle);
        wasi_config_inherit_stderr(handle);
    }

    protected override bool ReleaseHandle()
    {
        wasi_config_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasi_config_new();

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_delete(nint config);

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte wasi_config_set_argv(nint config, nuint count, string[] arguments);

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte wasi_config_set_env(nint config, nuint count, string[] names, string[] values);

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte wasi_config_preopen_dir(nint config, string host, string guest, byte writable);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_inherit_stdin(nint config);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_inherit_stdout(nint config);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_inherit_stderr(nint config);
}
