using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary>
/// <c>wasi_config_t</c>: the world a guest sees. Empty at first: no argument, no variable, no folder, no network, standard input at its end,
/// output dropped. Given to <see cref="Store.SetWasi"/>, which takes it over.
/// </summary>
internal sealed unsafe partial class WasiSetup : SafeHandle
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

    /// <summary>Lets the guest read from a descriptor of this process. A pipe streams; opening it this way gives a descriptor of its own.</summary>
    public void SetInput(int descriptor)
    {
        if (wasi_config_set_stdin_file(handle, $"/proc/self/fd/{descriptor}") == 0)
        {
            throw new EngineException(EngineFailure.Setup, $"open descriptor {descriptor} as the guest's standard input");
        }
    }

    /// <summary>Lets the guest read this process's own standard input.</summary>
    public void InheritInput() => wasi_config_inherit_stdin(handle);

    public void SetOutput(IGuestOutput output) => wasi_config_set_stdout_custom(handle, &Write, Keep(output), &Forget);

    public void SetError(IGuestOutput output) => wasi_config_set_stderr_custom(handle, &Write, Keep(output), &Forget);

    protected override bool ReleaseHandle()
    {
        wasi_config_delete(handle);
        return true;
    }

    private static nint Keep(object target) => GCHandle.ToIntPtr(GCHandle.Alloc(target));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(nint data) => GCHandle.FromIntPtr(data).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Write(nint data, byte* bytes, nuint length)
    {
        const int EIO = 5;
        try
        {
            int taken = (int)Math.Min(length, int.MaxValue);
            ((IGuestOutput)GCHandle.FromIntPtr(data).Target!).Write(new ReadOnlySpan<byte>(bytes, taken));
            return taken;
        }
        catch (Exception)
        {
            // The top of a call from native code: nothing may be thrown through it. The guest sees a failed write.
            return -EIO;
        }
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

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte wasi_config_set_stdin_file(nint config, string path);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_inherit_stdin(nint config);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_set_stdout_custom(nint config, delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint> write, nint data, delegate* unmanaged[Cdecl]<nint, void> finalizer);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasi_config_set_stderr_custom(nint config, delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint> write, nint data, delegate* unmanaged[Cdecl]<nint, void> finalizer);
}
