using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasmtime_store_t</c>: all that one guest owns inside the engine. Used by the guest's thread only.</summary>
internal sealed unsafe partial class Store : SafeHandle
{
    private readonly nint _context;

    public Store(Engine engine)
        : base(0, ownsHandle: true)
    {
        SetHandle(wasmtime_store_new(engine.Pointer, 0, 0));
        _context = wasmtime_store_context(handle);

        // One step of the epoch ends the guest.
        wasmtime_context_set_epoch_deadline(_context, 1);
    }

    public override bool IsInvalid => handle == 0;

    internal nint Context => _context;

    /// <summary>Sets what the guest may take; growing beyond fails in the guest, needing more at its start refuses it.</summary>
    public void Limit(StoreLimits limits) =>
        wasmtime_store_limiter(handle, limits.MemoryBytes, limits.TableElements, limits.Instances, limits.Tables, limits.Memories);

    /// <summary>Gives the guest its world; the setup is used up.</summary>
    /// <exception cref="EngineException">The engine refused it.</exception>
    public void SetWasi(WasiSetup setup)
    {
        nint config = setup.DangerousGetHandle();

        // The store owns it from here, also where the call fails.
        setup.SetHandleAsInvalid();
        EngineError.Throw(wasmtime_context_set_wasi(_context, config), EngineFailure.Setup, "set up WASI");
    }

    protected override bool ReleaseHandle()
    {
        wasmtime_store_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_store_new(nint engine, nint data, nint finalizer);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_store_context(nint store);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_store_delete(nint store);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_store_limiter(nint store, long memory, long tableElements, long instances, long tables, long memories);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_context_set_wasi(nint context, nint setup);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_context_set_epoch_deadline(nint context, ulong ticks);
}
