using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>A Wasmtime executable as this process's child: modules only, no interfaces of components, no compiled code kept.</summary>
internal sealed class ExecutableEngine(ExeProgram program) : IEngine, IDisposable
{
    private readonly Lock _gate = new();
    private Descriptor? _module;
    private long _linearMemory;
    private EngineFacts? _facts;
    private GuestWorld? _world;
    private ChildProcess? _child; // guarded by _gate
    private bool _interrupted;    // guarded by _gate

    /// <inheritdoc/>
    public EngineFacts Facts => _facts ??= new EngineFacts("exe", program.Version(), program.Path);

    /// <inheritdoc/>
    public bool IsComponent => false;

    /// <inheritdoc/>
    public void Load(GuestProgram guest)
    {
        _linearMemory = guest.LinearMemory;

        // Compiled code is another engine's: this one takes the module and compiles it anew.
        try
        {
            byte[] module = ModuleFile.Read(guest.Module);
            if (ModuleFile.IsComponent(module, guest.Module))
            {
                throw new EngineException(EngineFailure.Module, $"{guest.Module} is a component, which engine {program.Path} cannot run with Weft's interfaces: run `weft engine install` to get libwasmtime");
            }

            // A copy, which the child can open by its number whoever may open the file.
            _module = MemoryFile.Create("module", 0, MemorySeals.None);
            Files.WriteAt(_module, program.Form == ExeForm.Wizer ? ExeMemoryLimit.Apply(module, guest.LinearMemory) : module, 0);
            MemoryFile.Seal(_module, MemorySeals.FixedSize | MemorySeals.Write);
        }
        catch (LinuxException e)
        {
            throw new EngineException(EngineFailure.Module, $"read module {guest.Module}: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public bool Imports(string name) => false;

    /// <inheritdoc/>
    public void Prepare(GuestWorld world) => _world = world;

    /// <inheritdoc/>
    public GuestEnd Run()
    {
        GuestWorld world = _world ?? throw new InvalidOperationException("nothing was prepared");
        Descriptor module = _module ?? throw new InvalidOperationException("no program was loaded");
        using ExeCommand command = ExeCommand.Build(program, world, module, _linearMemory);
        (Descriptor errorRead, Descriptor errorWrite) = Files.Pipe();
        using Descriptor error = errorRead;
        using (errorWrite)
        {
            Start(world, command, errorWrite);
        }

        world.Begun();
        using ChildProcess child = _child!;
        ErrorTail tail = new();
        tail.Pass(error);
        ExitStatus status = child.Exited.GetAwaiter().GetResult();
        lock (_gate)
        {
            _child = null;
            if (_interrupted)
            {
                return GuestEnd.Trapped(TrapNames.Interrupt, "interrupted", []);
            }
        }

        return ExeEnd.Read(program.Form, status, tail.Bytes);
    }

    /// <summary>Kills the child: it reaches a guest wherever it is, also in a call that waits.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _interrupted = true;
            _child?.Signal(Signals.SIGKILL);
        }
    }

    public void Dispose() => _module?.Dispose();

    /// <summary>Output and input are this process's own descriptors, which are the guest's by now; its error comes through here, for its last lines.</summary>
    private void Start(GuestWorld world, ExeCommand command, Descriptor error)
    {
        using Descriptor output = Descriptor.DuplicateOf(1);
        using Descriptor? input = world.HasInput ? Descriptor.DuplicateOf(0) : null;
        List<PassedDescriptor> descriptors = [.. command.Descriptors, new(output, 1), new(error, 2)];
        if (input is not null)
        {
            descriptors.Add(new PassedDescriptor(input, 0));
        }

        lock (_gate)
        {
            _child = program.Start(command.Arguments, descriptors);
            if (_interrupted)
            {
                _child.Signal(Signals.SIGKILL);
            }
        }
    }

    /// <summary>The last of what the child wrote to standard error, of each line its beginning. All of it is passed on.</summary>
    private sealed class ErrorTail
    {
        private readonly byte[] _kept = new byte[2 * ExeEnd.TailSize];
        private int _length;
        private int _column; // of the line that is being written

        public ReadOnlySpan<byte> Bytes => _kept.AsSpan(Math.Max(0, _length - ExeEnd.TailSize), Math.Min(_length, ExeEnd.TailSize));

        /// <summary>Until the child has closed its end, which it does by ending.</summary>
        public void Pass(Descriptor error)
        {
            byte[] piece = new byte[ExeEnd.TailSize];
            int count;
            while ((count = Files.Read(error, piece)) > 0)
            {
                ReadOnlySpan<byte> bytes = piece.AsSpan(0, count);
                Keep(bytes);
                RawDescriptors.WriteAll(2, bytes);
            }
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                int end = bytes.IndexOf((byte)'\n');
                ReadOnlySpan<byte> text = end < 0 ? bytes : bytes[..end];
                bytes = bytes[(text.Length + (end < 0 ? 0 : 1))..];
                Append(text[..Math.Min(text.Length, Math.Max(0, ExeEnd.LongestLine - _column))]);
                _column += text.Length;
                if (end >= 0)
                {
                    Append("\n"u8);
                    _column = 0;
                }
            }
        }

        private void Append(ReadOnlySpan<byte> bytes)
        {
            if (_length + bytes.Length > _kept.Length)
            {
                Bytes.CopyTo(_kept);
                _length = ExeEnd.TailSize;
            }

            bytes.CopyTo(_kept.AsSpan(_length));
            _length += bytes.Length;
        }
    }
}
