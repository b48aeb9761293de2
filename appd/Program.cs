using Weft.Appd;
using Weft.Appd.Logging;
using Weft.Appd.State;
using Weft.Core.Folders;
using Weft.Linux;

const string Usage = "usage: weft-appd [--allow-root] | --version";

bool allowRoot = false;
foreach (string argument in args)
{
    switch (argument)
    {
        case "--allow-root":
            allowRoot = true;
            break;
        case "--version":
            Console.WriteLine($"weft-appd {Daemon.Version}");
            return 0;
        case "--help":
            Console.WriteLine(Usage);
            return 0;
        default:
            await Console.Error.WriteLineAsync($"error: unknown option '{argument}'; {Usage}");
            return 2;
    }
}

// A heap of the C library's for each thread would come and go with the pool's threads; little is allocated there.
CurrentProcess.ShareNativeHeap();
using StderrLog log = StderrLog.ForThisProcess();
try
{
    return await Daemon.RunAsync(WeftPaths.FromEnvironment(), allowRoot, log);
}
catch (StartRefusedException e)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return e.ExitCode;
}
catch (FoldersException e)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return StartRefusedException.Misconfigured;
}
catch (IOException e)
{
    // The system refused something that nothing works without: a full disk, a socket's path that is taken.
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}
