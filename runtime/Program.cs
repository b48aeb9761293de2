using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Session;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime;

/// <summary>weft-runtime: one process hosts one app's module.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const int Misused = 2;

    private static int Main(string[] arguments)
    {
        try
        {
            return Run(arguments);
        }
        catch (UsageException e)
        {
            Complain($"{e.Message}\n{CommandLine.Usage}");
            return Misused;
        }
        catch (Exception e) when (e is EngineException or IOException)
        {
            Complain(e.Message);
            return Failed;
        }
    }

    private static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["--user", string user, .. string[] rest]:
                SwitchedUser.Become(user);
                return Run(rest);
            case ["--protocol"]:
                RawDescriptors.WriteAll(1, "weft-runtime 1\n"u8);
                return 0;
            case ["--help"]:
                RawDescriptors.WriteAll(1, System.Text.Encoding.UTF8.GetBytes(CommandLine.Usage + "\n"));
                return 0;
            case ["--compile", .. string[] rest]:
                return Compiler.Run(rest);
            case ["--engine-facts"]:
                EngineReport.Write(EngineKind.Auto);
                return 0;
            case ["--engine-facts", "--engine", string kind]:
                EngineReport.Write(CommandLine.EngineOf(kind));
                return 0;
            case ["--hold-fd", string hold, "--exec", string program, .. string[] rest]:
                return HeldStart.Execute(CommandLine.Descriptor(hold, "--hold-fd"), program, rest);
            case ["--exec", string program, .. string[] rest]:
                return HeldStart.Execute(-1, program, rest);
            default:
                return GuestSession.Run(CommandLine.Parse(arguments));
        }
    }

    private static void Complain(string message)
    {
        try
        {
            RawDescriptors.WriteAll(2, System.Text.Encoding.UTF8.GetBytes($"error: {message}\n"));
        }
        catch (IOException)
        {
            // Nobody listens.
        }
    }
}
