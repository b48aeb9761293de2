using System.Globalization;
using System.Text;
using Weft.Linux;

namespace Weft.Core.Code;

/// <summary>Runs the compiler: a process of its own that gets the module, a file to write to, a limit of memory and a deadline, and nothing else.</summary>
internal sealed class CodeCompiler(CodeCacheOptions options, TimeProvider time)
{
    private const int ModuleFd = 3;
    private const int OutputFd = 4;
    private const int ErrorLength = 16 * 1024;

    // .NET reserves address space by the memory of the machine, and glibc 64 MiB for each thread's arena; both count against the limit
    // of the address space, which the largest components need for themselves (12 MB by componentize-js: 910 MiB with these, refused without).
    private const string HeapLimit = "0x6000000";    // 96 MiB of heap
    private const string HeapRange = "0x8000000";    // 128 MiB of address space for it
    private const string Arenas = "1";

    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(5);

    /// <exception cref="CompileException">It was not compiled, for a reason to be told to a person.</exception>
    public async Task RunAsync(Descriptor module, Descriptor output, EngineFacts engine, CancellationToken cancellationToken)
    {
        // A memory file of fixed size: a flood of messages ends at its end, and nobody has to read along.
        using Descriptor errors = MemoryFile.Create("weft-compile", ErrorLength);
        using ChildProcess compiler = Start(module, output, errors, engine);
        try
        {
            ExitStatus status = await compiler.Exited.WaitAsync(options.Deadline, time, cancellationToken);
            if (status.Code != 0)
            {
                throw Failed(status, errors);
            }
        }
        catch (TimeoutException e)
        {
            throw new CompileException(CompileFailure.TooComplex,
                string.Create(CultureInfo.InvariantCulture, $"compiling took longer than {options.Deadline.TotalSeconds} s and was ended: the module is too complex"), e);
        }
        finally
        {
            // Also after a good end: whatever the compiler started must not write to its output any more.
            await compiler.KillSessionAsync(KillDeadline);
        }
    }

    private ChildProcess Start(Descriptor module, Descriptor output, Descriptor errors, EngineFacts engine)
    {
        try
        {
            return ChildProcess.Start(new SpawnRequest
            {
                Program = options.RuntimeProgram,
                Arguments = [.. options.RuntimeArguments, "--compile", "--module", $"fd:{ModuleFd}", "--out-fd", $"{OutputFd}"],
                Environment = new Dictionary<string, string>
                {
                    ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
                    ["WEFT_WASMTIME_LIB"] = engine.LibraryPath,
                    ["DOTNET_GCHeapHardLimit"] = HeapLimit,
                    ["DOTNET_GCRegionRange"] = HeapRange,
                    ["MALLOC_ARENA_MAX"] = Arenas,
                },
                Descriptors = [new PassedDescriptor(errors, 2), new PassedDescriptor(module, ModuleFd), new PassedDescriptor(output, OutputFd)],
                Limits = new ChildLimits { AddressSpace = options.AddressSpace, CoreSize = 0, FileSize = options.LargestCode },
            });
        }
        catch (LinuxException e)
        {
            throw new CompileException(CompileFailure.NoCompiler, $"the compiler {options.RuntimeProgram} does not start: {e.Message}", e);
        }
    }

    private CompileException Failed(ExitStatus status, Descriptor errors)
    {
        string said = Said(errors);
        if (status.Code == 1 && said.Length > 0)
        {
            return new CompileException(CompileFailure.Refused, said);
        }

        string detail = said.Length > 0 ? $": {said}" : "";
        return status.Signal is not null
            ? new CompileException(CompileFailure.TooComplex,
                string.Create(CultureInfo.InvariantCulture, $"the compiler was {status}; it may use {options.AddressSpace >> 20} MiB: the module is too complex{detail}"))
            : new CompileException(CompileFailure.NoCompiler, $"the compiler {options.RuntimeProgram} failed with {status}{detail}");
    }

    /// <summary>What it wrote to stderr, in one line for people; its own prefix is left out.</summary>
    private static string Said(Descriptor errors)
    {
        byte[] bytes = new byte[ErrorLength];
        int length = Files.ReadAt(errors, bytes, 0);
        int end = bytes.AsSpan(0, length).IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(bytes, 0, end < 0 ? length : end).Trim();
        const string Prefix = "error: ";
        return text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
    }
}
