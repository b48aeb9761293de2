using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasmtime_instance_t</c>: a handle into its store, owning nothing.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct ModuleInstance
{
    public ulong StoreId;
    public nuint Private;

    /// <summary>Runs the module as a WASI command, until it ends.</summary>
    /// <exception cref="EngineException">It is no command.</exception>
    public GuestEnd RunCommand(Store store)
    {
        ReadOnlySpan<byte> name = "_start"u8;
        Extern item;
        byte found;

        // Both pointers are used during the call only.
        fixed (ModuleInstance* self = &this)
        fixed (byte* first = name)
        {
            found = wasmtime_instance_export_get(store.Context, self, first, (nuint)name.Length, &item);
        }

        const byte FunctionKind = 0;
        if (found == 0 || item.Kind != FunctionKind)
        {
            throw new EngineException(EngineFailure.Module, "the module exports no function _start: it is no WASI command (build an executable, not a library)");
        }

        nint trap = 0;
        nint error = wasmtime_func_call(store.Context, &item.Function, 0, 0, 0, 0, &trap);
        return EngineError.Take(error, trap);
    }

    /// <summary><c>wasmtime_func_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Function
    {
        public ulong StoreId;
        public nint Private;
    }

    /// <summary><c>wasmtime_extern_t</c>: 32 bytes, the union at 8.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct Extern
    {
        [FieldOffset(0)]
        public byte Kind;

        [FieldOffset(8)]
        public Function Function;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial byte wasmtime_instance_export_get(nint context, ModuleInstance* instance, byte* name, nuint length, Extern* item);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_func_call(nint context, Function* function, nint arguments, nuint argumentCount, nint results, nuint resultCount, nint* trap);
}
