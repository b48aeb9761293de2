using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>libwasmtime in this process.</summary>
internal sealed class LibraryEngine : IEngine, IDisposable
{
    private readonly string _path;
    private readonly bool _allowUntested;
    private readonly Engine _engine;
    private GuestProgram? _program;
    private WasmModule? _module;
    private WasmComponent? _component;
    private EngineLayout? _layout;
    private Store? _store;
    private ModuleLinker? _moduleLinker;
    private ComponentLinker? _componentLinker;
    private Action _begun = static () => { };
    private string _version = "";

    private LibraryEngine(string path, bool allowUntested)
    {
        _path = path;
        _allowUntested = allowUntested;
        EngineLibrary.Load(path);
        _engine = Engine.Create();
    }

    /// <inheritdoc/>
    public EngineFacts Facts
    {
        get
        {
            if (_layout is null)
            {
                Learn(_engine.CompileNothing());
            }

            return new EngineFacts("lib", _version, _path);
        }
    }

    /// <summary>The major version of the library.</summary>
    public int Major => Facts is not null ? _layout!.Major : 0;

    /// <inheritdoc/>
    public bool IsComponent => _component is not null;

    /// <summary>Loads the library.</summary>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    public static LibraryEngine Open(string path, bool allowUntested)
    {
        // The library's WASI has a small pool of threads for calls that wait; by default one for each processor. A guest waits for one call at a time.
        CurrentProcess.SetNativeVariable("TOKIO_WORKER_THREADS", "1");
        return new LibraryEngine(path, allowUntested);
    }

    /// <inheritdoc/>
    public void Load(GuestProgram program)
    {
        _program = program;
        if (program.Code >= 0)
        {
            // Code of another version than the library's is refused by the library, so its version is the library's.
            CompiledCode code = CompiledCode.Read(program.Code);
            string path = $"/proc/self/fd/{program.Code}";
            if (code.IsComponent)
            {
                _component = WasmComponent.Load(_engine, path);
            }
            else
            {
                _module = WasmModule.Load(_engine, path);
            }

            Learn(code);
            return;
        }

        Learn(_engine.CompileNothing());
        byte[] bytes = ModuleFile.Read(program.Module);
        if (ModuleFile.IsComponent(bytes, program.Module))
        {
            _component = WasmComponent.Compile(_engine, bytes);
        }
        else
        {
            _module = WasmModule.Compile(_engine, bytes);
        }
    }

    /// <summary>Compiles a module or component.</summary>
    /// <exception cref="EngineException">It is none.</exception>
    public void Compile(byte[] bytes, string name, int target)
    {
        ByteVector code;
        if (ModuleFile.IsComponent(bytes, name))
        {
            using WasmComponent component = WasmComponent.Compile(_engine, bytes);
            code = component.Serialize();
        }
        else
        {
            using WasmModule module = WasmModule.Compile(_engine, bytes);
            code = module.Serialize();
        }

        RawDescriptors.WriteAll(target, code.Span);
        code.Delete();
    }

    /// <inheritdoc/>
    public bool Imports(string name) => _component?.Imports(_engine, name) ?? false;

    /// <inheritdoc/>
    public void Prepare(GuestWorld world)
    {
        GuestProgram program = _program ?? throw new InvalidOperationException("no program was loaded");
        _begun = world.Begun;
        _store = new Store(_engine);
        using WasiSetup wasi = SetUp(world);
        _store.Limit(_component is null ? StoreLimits.ForModule(program.LinearMemory) : StoreLimits.ForComponent(program.LinearMemory));
        _store.SetWasi(wasi);
        if (_component is null)
        {
            _moduleLinker = new ModuleLinker(_engine);
            return;
        }

        _componentLinker = new ComponentLinker(_engine);
        foreach (HostInterface offered in world.Interfaces)
        {
            _componentLinker.Offer(offered.Name, offered.Functions.ToArray());
        }
    }

    /// <inheritdoc/>
    public GuestEnd Run()
    {
        Store store = _store ?? throw new InvalidOperationException("nothing was prepared");
        if (_componentLinker is { } componentLinker)
        {
            return componentLinker.RunCommand(store, _component!, _layout!, _begun);
        }

        if (_moduleLinker!.Instantiate(store, _module!, out GuestEnd? ended) is not { } instance)
        {
            return ended!;
        }

        _begun();
        return instance.RunCommand(store);
    }

    /// <inheritdoc/>
    public void Interrupt() => _engine.Interrupt();

    public void Dispose()
    {
        _moduleLinker?.Dispose();
        _componentLinker?.Dispose();
        _store?.Dispose();
        _module?.Dispose();
        _component?.Dispose();
        _engine.Dispose();
    }

    private static WasiSetup SetUp(GuestWorld world)
    {
        var wasi = new WasiSetup();
        wasi.SetArguments(world.Arguments);
        if (world.Variables.Count > 0)
        {
            wasi.SetVariables(world.Variables);
        }

        foreach (GuestFolder folder in world.Folders)
        {
            wasi.AddFolder(folder.Host, folder.Guest, folder.Writable);
        }

        if (world.HasInput)
        {
            wasi.InheritInput();
        }

        wasi.InheritOutput();
        return wasi;
    }

    private void Learn(CompiledCode code)
    {
        _version = code.Version;
        _layout = EngineLayout.For(code.Major, _path, _allowUntested);
    }
}
