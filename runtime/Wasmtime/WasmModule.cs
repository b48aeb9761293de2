using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasmtime_module_t</c>: a core module, compiled.</summary>
internal sealed unsafe partial class WasmModule : SafeHandle
{
    private WasmModule(nint module)
        : base(0, ownsHandle: true) => SetHandle(module);

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    /// <summary>Compiles a module.</summary>
    /// <exception cref="EngineException">It is no valid module.</exception>
    public static WasmModule Compile(Engine engine, ReadOnlySpan<byte> module)
    {
        nint made = 0;

        // The bytes are pinned for the length of the call.
        fixed (byte* first = module)
        {
            EngineError.Throw(wasmtime_module_new(engine.Pointer, first, (nuint)module.Length, &made), EngineFailure.Module, "compile the module");
        }

        return new WasmModule(made);
    }

    /// <summary>Maps compiled code from a file; pages are shared with every other process that maps it.</summary>
    /// <exception cref="EngineException">It is no code of this engine.</exception>
    public static WasmModule Load(Engine engine, string path)
    {
        nint made = 0;
        EngineError.Throw(wasmtime_module_deserialize_file(engine.Pointer, path, &made), EngineFailure.Code, "load compiled code");
        return new WasmModule(made);
    }

    /// <summary>The compiled code; the caller deletes it.</summary>
    public ByteVector Serialize()
    {
        ByteVector code;
        EngineError.Throw(wasmtime_module_serialize(handle, &code), EngineFailure.Module, "serialize the module");
        return code;
    }

    protected override bool ReleaseHandle()
    {
        wasmtime_module_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_module_new(nint engine, byte* module, nuint length, nint* made);

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint wasmtime_module_deserialize_file(nint engine, string path, nint* made);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_module_serialize(nint module, ByteVector* code);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_module_delete(nint module);
}
