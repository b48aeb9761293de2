using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasmtime_component_t</c>: a component, compiled.</summary>
internal sealed unsafe partial class WasmComponent : SafeHandle
{
    /// <summary>Room for what <c>wasmtime_component_type_import_get</c> writes: an item by value in 48, an extern in 50; both are smaller.</summary>
    private const int ImportRoom = 256;

    private WasmComponent(nint component)
        : base(0, ownsHandle: true) => SetHandle(component);

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    /// <summary>Compiles a component.</summary>
    /// <exception cref="EngineException">It is no valid component.</exception>
    public static WasmComponent Compile(Engine engine, ReadOnlySpan<byte> component)
    {
        nint made = 0;

        // The bytes are pinned for the length of the call.
        fixed (byte* first = component)
        {
            EngineError.Throw(wasmtime_component_new(engine.Pointer, first, (nuint)component.Length, &made), EngineFailure.Module, "compile the component");
        }

        return new WasmComponent(made);
    }

    /// <summary>Maps compiled code from a file; pages are shared with every other process that maps it.</summary>
    /// <exception cref="EngineException">It is no code of this engine.</exception>
    public static WasmComponent Load(Engine engine, string path)
    {
        nint made = 0;
        EngineError.Throw(wasmtime_component_deserialize_file(engine.Pointer, path, &made), EngineFailure.Code, "load compiled code");
        return new WasmComponent(made);
    }

    /// <summary>The compiled code; the caller deletes it.</summary>
    public ByteVector Serialize()
    {
        ByteVector code;
        EngineError.Throw(wasmtime_component_serialize(handle, &code), EngineFailure.Module, "serialize the component");
        return code;
    }

    /// <summary>True where the component imports an interface of this name.</summary>
    public bool Imports(Engine engine, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte* room = stackalloc byte[ImportRoom];
        new Span<byte>(room, ImportRoom).Clear();
        nint type = wasmtime_component_type(handle);

        // What the call leaves in the room is not freed: the function for that has another name in each version, and this is asked once.
        fixed (byte* first = text)
        {
            bool found = wasmtime_component_type_import_get(type, engine.Pointer, first, (nuint)text.Length, room) != 0;
            wasmtime_component_type_delete(type);
            return found;
        }
    }

    protected override bool ReleaseHandle()
    {
        wasmtime_component_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_new(nint engine, byte* component, nuint length, nint* made);

    [LibraryImport(EngineLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint wasmtime_component_deserialize_file(nint engine, string path, nint* made);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_serialize(nint component, ByteVector* code);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_delete(nint component);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_type(nint component);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_type_delete(nint type);

    [LibraryImport(EngineLibrary.Name)]
    private static partial byte wasmtime_component_type_import_get(nint type, nint engine, byte* name, nuint length, byte* found);
}
