using Weft.Linux;

namespace Weft.Runtime.Engines;

/// <summary><c>--compile</c>: reads a module, writes its compiled code to one descriptor, and is gone. Limits and deadline are the caller's.</summary>
internal static class Compiler
{
    /// <summary>Compiles; 0, or an exception that says why not.</summary>
    /// <exception cref="UsageException">The command line is wrong.</exception>
    /// <exception cref="Wasmtime.EngineException">No engine, or no module.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        string module = "";
        string name = "";
        int target = -1;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
            {
                throw new UsageException($"{arguments[i]} needs a value");
            }

            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--module":
                    name = value;
                    module = CommandLine.PathOf(value, "--module");
                    break;
                case "--out-fd":
                    target = CommandLine.Descriptor(value, "--out-fd");
                    break;
                case "--linear-memory":
                    // A limit of the store, not of the code: taken so that callers can pass the same options on.
                    break;
                default:
                    throw new UsageException($"unknown option {arguments[i]} of --compile");
            }
        }

        if (module.Length == 0 || target < 0)
        {
            throw new UsageException("--compile needs --module and --out-fd");
        }

        // The compiler's threads would each reserve address space for a heap of their own, and that is what the caller limits.
        CurrentProcess.ShareNativeHeap();
        byte[] bytes = ModuleFile.Read(module);
        LibraryEngine engine = EngineChoice.Open(EngineKind.Library) as LibraryEngine ?? throw new InvalidOperationException("not the library");
        _ = engine.Major; // refuses a library of an untested version before it compiles for it
        engine.Compile(bytes, name, target);
        CurrentProcess.Exit(0);
        return 0;
    }
}
