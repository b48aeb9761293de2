using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Runtime.Wasmtime;

/// <summary>A function of the host, as a component calls it. It writes one result where the function has one.</summary>
/// <exception cref="GuestInterruptedException">Ends the guest with that message and a guest backtrace.</exception>
internal unsafe delegate void HostFunction(ComponentValue* arguments, ComponentValue* result);

/// <summary><c>wasmtime_component_linker_t</c> with WASI preview 2: makes a component run as a command.</summary>
internal sealed unsafe partial class ComponentLinker : SafeHandle
{
    private const string Command = "wasi:cli/run@0.2.0";

    public ComponentLinker(Engine engine)
        : base(0, ownsHandle: true)
    {
        SetHandle(wasmtime_component_linker_new(engine.Pointer));
        EngineError.Throw(wasmtime_component_linker_add_wasip2(handle), EngineFailure.Setup, "offer WASI preview 2");
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Offers an interface. The functions live as long as the linker.</summary>
    public void Offer(string name, params ReadOnlySpan<(string Name, HostFunction Function)> functions)
    {
        nint root = wasmtime_component_linker_root(handle);
        nint instance = 0;
        try
        {
            byte[] text = Encoding.UTF8.GetBytes(name);
            fixed (byte* first = text)
            {
                EngineError.Throw(wasmtime_component_linker_instance_add_instance(root, first, (nuint)text.Length, &instance), EngineFailure.Setup, $"offer {name}");
            }

            foreach ((string function, HostFunction call) in functions)
            {
                text = Encoding.UTF8.GetBytes(function);
                nint target = GCHandle.ToIntPtr(GCHandle.Alloc(call));
                fixed (byte* first = text)
                {
                    EngineError.Throw(wasmtime_component_linker_instance_add_func(instance, first, (nuint)text.Length, &Call, target, &Forget), EngineFailure.Setup, $"offer {name}#{function}");
                }
            }
        }
        finally
        {
            // Only one of these may be alive at a time, the nested one goes first, and both before the component is set up.
            if (instance != 0)
            {
                wasmtime_component_linker_instance_delete(instance);
            }

            wasmtime_component_linker_instance_delete(root);
        }
    }

    /// <summary>Sets the component up and runs it as a command, until it ends.</summary>
    /// <param name="begun">Called between the two.</param>
    /// <exception cref="EngineException">It imports what is not offered, needs more than its limits, or is no command.</exception>
    public GuestEnd RunCommand(Store store, WasmComponent component, EngineLayout layout, Action begun)
    {
        Instance instance;
        nint error = wasmtime_component_linker_instantiate(handle, store.Context, component.Pointer, &instance);
        EngineError.Throw(error, EngineFailure.Setup, "set up the component");

        // Any compatible 0.2.x answers to this name.
        nint interfaceIndex = Find(&instance, store, 0, Command);
        nint functionIndex = interfaceIndex == 0 ? 0 : Find(&instance, store, interfaceIndex, "run");
        byte* function = stackalloc byte[layout.ComponentFunctionSize];
        if (functionIndex == 0 || wasmtime_component_instance_get_func(&instance, store.Context, functionIndex, function) == 0)
        {
            throw new EngineException(EngineFailure.Module, $"the component exports no {Command}: it is no command");
        }

        wasmtime_component_export_index_delete(functionIndex);
        wasmtime_component_export_index_delete(interfaceIndex);
        begun();

        ComponentValue result = default;
        error = wasmtime_component_func_call(function, store.Context, null, 0, &result, 1);
        if (error != 0)
        {
            return EngineError.Take(error, trap: 0);
        }

        // result<>: a command that returns its error case failed, as if it had called exit(1).
        return GuestEnd.Exit(result.Kind == ComponentKind.Result && result.Byte == 0 ? 1 : 0);
    }

    protected override bool ReleaseHandle()
    {
        wasmtime_component_linker_delete(handle);
        return true;
    }

    private static nint Find(Instance* instance, Store store, nint parent, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        fixed (byte* first = text)
        {
            return wasmtime_component_instance_get_export_index(instance, store.Context, parent, first, (nuint)text.Length);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(nint data) => GCHandle.FromIntPtr(data).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Call(nint data, nint context, nint type, ComponentValue* arguments, nuint argumentCount, ComponentValue* results, nuint resultCount)
    {
        try
        {
            ComponentValue none;
            ((HostFunction)GCHandle.FromIntPtr(data).Target!)(arguments, resultCount > 0 ? results : &none);
            return 0;
        }
        catch (Exception e)
        {
            // The top of a call from native code: nothing may be thrown through it. The error ends the guest.
            return EngineError.New(e is GuestInterruptedException ? e.Message : $"host function failed: {e}");
        }
    }

    /// <summary><c>wasmtime_component_instance_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Instance
    {
        public ulong StoreId;
        public uint Private;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_new(nint engine);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_linker_delete(nint linker);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_add_wasip2(nint linker);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_root(nint linker);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_instance_add_instance(nint parent, byte* name, nuint length, nint* made);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_instance_add_func(
        nint instance,
        byte* name,
        nuint length,
        delegate* unmanaged[Cdecl]<nint, nint, nint, ComponentValue*, nuint, ComponentValue*, nuint, nint> call,
        nint data,
        delegate* unmanaged[Cdecl]<nint, void> finalizer);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_linker_instance_delete(nint instance);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_linker_instantiate(nint linker, nint context, nint component, Instance* instance);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_instance_get_export_index(Instance* instance, nint context, nint parent, byte* name, nuint length);

    [LibraryImport(EngineLibrary.Name)]
    private static partial byte wasmtime_component_instance_get_func(Instance* instance, nint context, nint index, byte* function);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_export_index_delete(nint index);

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasmtime_component_func_call(byte* function, nint context, ComponentValue* arguments, nuint argumentCount, ComponentValue* results, nuint resultCount);
}
