using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasmtime_linker_t</c> with WASI preview 1: makes a module run as a command.</summary>
internal sealed unsafe partial class ModuleLinker : SafeHandle
{
    public ModuleLinker(Engine engine)
        : base(0, ownsHandle: true)
    {
        SetHandle(wasmtime_linker_new(engine.Pointer));
        EngineError.Throw(wasmtime_linker_define_wasi(handle), EngineFailure.Setup, "offer WASI preview 1");
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Makes the module's instance; its start function runs here, and can end the guest.</summary>
    /// <param name="ended">How the guest ended where it did.</param>
    /// <exception cref="EngineException">It imports what is not offered, or needs more than its limits.</exception>
    public ModuleInstance? Instantiate(Store store, WasmModule module, out GuestEnd? ended)
    {
        ModuleInstance instance;
        nint trap = 0;
        nint error = wasmtime_linker_instantiate(handle, store.Context, module.Pointer, &instance, &trap);
        ended = trap != 0 ? EngineError.Take(error: 0, trap) : null;
        EngineError.Throw(error, EngineFailure.Setup, "set up the module");
        return ended is null ? instance : null;
    }

    protected override bool ReleaseHandle()
    {
        wasmtime_linker_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_linker_new(nint engine);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_linker_delete(nint linker);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_linker_define_wasi(nint linker);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_linker_instantiate(nint linker, nint context, nint module, ModuleInstance* instance, nint* trap);
}
