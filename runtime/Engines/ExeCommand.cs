using System.Globalization;
using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>The command line that gives a guest its world, and the descriptors that go with it.</summary>
internal sealed class ExeCommand : IDisposable
{
    /// <summary>The module's descriptor in the child; folders that came as descriptors follow.</summary>
    private const int ModuleTarget = 3;

    private readonly List<string> _arguments = [];
    private readonly List<PassedDescriptor> _descriptors = [];
    private readonly List<Descriptor> _owned = [];

    private ExeCommand()
    {
    }

    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>Without standard input, output and error.</summary>
    public IReadOnlyList<PassedDescriptor> Descriptors => _descriptors;

    /// <summary>What the guest's module is called in the child, which its messages repeat.</summary>
    public static string ModulePath => $"{CommandLine.OwnDescriptors}{ModuleTarget}";

    /// <exception cref="EngineException">This engine cannot hold the guest to it, or cannot give it.</exception>
    public static ExeCommand Build(ExeProgram engine, GuestWorld world, Descriptor module, long linearMemory)
    {
        ExeCommand command = new();
        command._descriptors.Add(new PassedDescriptor(module, ModuleTarget));
        try
        {
            if (engine.Form == ExeForm.Wizer)
            {
                command.ForWizer(world, engine);
            }
            else
            {
                command.ForWasmtime(world, engine, linearMemory);
            }

            return command;
        }
        catch
        {
            command.Dispose();
            throw;
        }
    }

    public void Dispose() => _owned.ForEach(static descriptor => descriptor.Dispose());

    private void ForWasmtime(GuestWorld world, ExeProgram engine, long linearMemory)
    {
        StoreLimits limits = StoreLimits.ForModule(linearMemory);

        // What the command line grants by itself today, and might tomorrow, is said to be off: only what is named below is there.
        _arguments.AddRange(
        [
            "run", "-Ccache=n", "-Sinherit-env=n", "-Sinherit-network=n", "-Sallow-ip-name-lookup=n", "-Stcp=n", "-Sudp=n", "-Shttp=n", "-Slistenfd=n",
            string.Create(CultureInfo.InvariantCulture, $"-Wmax-memory-size={limits.MemoryBytes}"),
            string.Create(CultureInfo.InvariantCulture, $"-Wmax-memories={limits.Memories}"),
            string.Create(CultureInfo.InvariantCulture, $"-Wmax-table-elements={limits.TableElements}"),
            string.Create(CultureInfo.InvariantCulture, $"-Wmax-tables={limits.Tables}"),
            string.Create(CultureInfo.InvariantCulture, $"-Wmax-instances={limits.Instances}"),
        ]);
        foreach (GuestFolder folder in world.Folders)
        {
            _arguments.Add($"--dir={HostPath(folder, engine)}::{folder.Guest}");
        }

        foreach ((string name, string value) in world.Variables)
        {
            _arguments.Add($"--env={name}={value}");
        }

        _arguments.AddRange([$"--argv0={world.Arguments[0]}", "--", ModulePath]);
        for (int i = 1; i < world.Arguments.Count; i++)
        {
            _arguments.Add(world.Arguments[i]);
        }
    }

    private void ForWizer(GuestWorld world, ExeProgram engine)
    {
        if (world.Arguments.Count > 1)
        {
            throw Refused(engine, "gives a guest no arguments");
        }

        if (world.Variables.Count > 0)
        {
            throw Refused(engine, "gives a guest no environment");
        }

        _arguments.AddRange([ModulePath, "-o", "/dev/null", "--allow-wasi", "-f", "_start", "--inherit-env=false"]);
        foreach (GuestFolder folder in world.Folders)
        {
            _arguments.AddRange(["--mapdir", $"{folder.Guest}::{HostPath(folder, engine)}"]);
        }
    }

    /// <summary>The folder as the child sees it. Both command lines open every folder for writing, so one that is only to be read is refused.</summary>
    private string HostPath(GuestFolder folder, ExeProgram engine)
    {
        if (!folder.Writable)
        {
            throw Refused(engine, $"cannot hold a guest to reading {folder.Guest}");
        }

        if (!folder.Host.StartsWith(CommandLine.OwnDescriptors, StringComparison.Ordinal))
        {
            return folder.Host;
        }

        // The number means nothing in the child until it is passed.
        Descriptor opened = Files.Open(folder.Host, OpenFlags.Path | OpenFlags.Directory);
        _owned.Add(opened);
        int target = ModuleTarget + _owned.Count;
        _descriptors.Add(new PassedDescriptor(opened, target));
        return $"{CommandLine.OwnDescriptors}{target}";
    }

    private static EngineException Refused(ExeProgram engine, string what)
        => new(EngineFailure.Setup, $"engine {engine.Path} {what}: this app needs libwasmtime, run `weft engine install`");
}
