using System.Text;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Guest;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Session;

/// <summary>One run of one app, from the command line to the exit code.</summary>
internal static class GuestSession
{
    /// <summary>Runs it; the exit code is the guest's.</summary>
    public static int Run(CommandLine line)
    {
        HeldStart.Wait(line.Hold);
        IEngine engine = EngineChoice.Open(line.Engine);
        engine.Load(new GuestProgram(line.Module, line.Code, line.LinearMemory));
        HeldStart.Wait(line.Hold);
        GuestEnd end = engine.Run(new GuestWorld
        {
            Arguments = [line.AppId, .. line.Arguments],
            Variables = line.Variables,
            Folders = line.Folders,
            Input = GuestWorld.OwnInput,
            Output = new DescriptorOutput(1),
            Error = new DescriptorOutput(2),
            Begun = static () => { },
        });
        if (end.ExitCode is { } code)
        {
            CurrentProcess.Exit(code);
        }

        RawDescriptors.WriteAll(2, Encoding.UTF8.GetBytes($"error: the guest trapped: {end.Message}\n{string.Join('\n', end.Backtrace)}\n"));
        CurrentProcess.Exit(134);
        return 0;
    }
}
