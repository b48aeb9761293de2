using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>What runs a guest: libwasmtime in this process, or a Wasmtime executable as its child.</summary>
internal interface IEngine
{
    /// <summary>What it is, for report and receipt.</summary>
    public EngineFacts Facts { get; }

    /// <summary>True where the loaded program is a component.</summary>
    public bool IsComponent { get; }

    /// <summary>Takes the program: compiled code as it is, a module by compiling it.</summary>
    /// <exception cref="EngineException">It is no program for this engine.</exception>
    public void Load(GuestProgram program);

    /// <summary>True where the loaded component imports an interface of this name.</summary>
    public bool Imports(string name);

    /// <summary>Sets up what the guest will see; nothing of the guest runs yet.</summary>
    /// <exception cref="EngineException">It could not be set up.</exception>
    public void Prepare(GuestWorld world);

    /// <summary>Runs the guest to its end, on the calling thread.</summary>
    /// <exception cref="EngineException">It could not be started.</exception>
    public GuestEnd Run();

    /// <summary>Ends a guest that computes; one that waits in a call of the engine's own is not reached. From any thread.</summary>
    public void Interrupt();
}
