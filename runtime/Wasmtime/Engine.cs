using System.Runtime.InteropServices;

namespace Weft.Runtime.Wasmtime;

/// <summary>
/// <c>wasm_engine_t</c> with Weft's settings. Code is only taken by an engine with the settings it was compiled with, so there is one
/// set, and <see cref="Settings"/> names it in the key of the code cache: whoever changes a setting changes that text.
/// </summary>
internal sealed unsafe partial class Engine : SafeHandle
{
    /// <summary>Names the settings below; part of the key of compiled code.</summary>
    public const string Settings = "weft-1:epoch,no-unwind-info,cow,opt-speed";

    private Engine(nint engine)
        : base(0, ownsHandle: true) => SetHandle(engine);

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    /// <summary>Makes an engine.</summary>
    public static Engine Create()
    {
        nint config = wasm_config_new();

        // A guest that never yields is stopped by its epoch. Nothing ticks: the epoch moves once, when the guest is to end.
        wasmtime_config_epoch_interruption_set(config, 1);

        // .NET's stack walks go by transition frames and need no unwind tables of the guest's code; without them code is smaller and loads faster.
        wasmtime_config_native_unwind_info_set(config, 0);
        wasmtime_config_memory_init_cow_set(config, 1);
        const byte OptimizeSpeed = 1;
        wasmtime_config_cranelift_opt_level_set(config, OptimizeSpeed);

        // The engine takes the config over.
        nint engine = wasm_engine_new_with_config(config);
        return engine != 0 ? new Engine(engine) : throw new EngineException(EngineFailure.Missing, "the engine library refused Weft's settings");
    }

    /// <summary>Ends whatever guest computes on this engine: it traps with <c>interrupt</c>. May be called from any thread.</summary>
    public void Interrupt() => wasmtime_engine_increment_epoch(handle);

    /// <summary>The major version of the library, from the code of an empty module that it compiles.</summary>
    public CompiledCode CompileNothing()
    {
        // An empty module: magic number and version.
        using WasmModule module = WasmModule.Compile(this, [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0]);
        ByteVector code = module.Serialize();
        try
        {
            return CompiledCode.Read(code.Span);
        }
        finally
        {
            code.Delete();
        }
    }

    protected override bool ReleaseHandle()
    {
        wasm_engine_delete(handle);
        return true;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasm_config_new();

    [LibraryImport(EngineLibrary.Name)]
    private static partial nint wasm_engine_new_with_config(nint config);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_engine_delete(nint engine);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_engine_increment_epoch(nint engine);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_config_epoch_interruption_set(nint config, byte on);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_config_native_unwind_info_set(nint config, byte on);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_config_memory_init_cow_set(nint config, byte on);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_config_cranelift_opt_level_set(nint config, byte level);
}
