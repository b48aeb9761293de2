using System.Globalization;
using Microsoft.Extensions.Logging;
using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>Starts weft-runtime, or a foreign program that keeps its protocol, for one session (docs: "Runtime").</summary>
internal sealed partial class RuntimeLauncher(RuntimeProgram program, TimeProvider time, ILogger<RuntimeLauncher> logger) : IRuntimeLauncher
{
    // The numbers in the child are fixed, so a command line in the log can be read.
    private const int ModuleNumber = 3;
    private const int ChannelNumber = 4;
    private const int OutputNumber = 5;
    private const int ErrorNumber = 6;
    private const int EventNumber = 7;
    private const int EndNumber = 8;
    private const int HoldNumber = 9;
    private const int ReportNumber = 10;
    private const int CodeNumber = 11;

    public bool IsForeign => program.IsForeign;

    public IRuntimeProcess Start(RuntimeLaunch launch, IRuntimeListener listener)
    {
        if (program.Problem is { } problem)
        {
            throw new IOException(problem);
        }

        return program.IsForeign ? StartForeign(launch, listener) : StartOwn(launch, listener);
    }

    private RuntimeProcess StartOwn(RuntimeLaunch launch, IRuntimeListener listener)
    {
        using var pipes = new RuntimePipes(withReport: true);
        var descriptors = new List<PassedDescriptor>(12)
        {
            new(pipes.Output.Write, 1),
            new(pipes.Error.Write, 2),
            new(launch.Module, ModuleNumber),
            new(launch.Channel, ChannelNumber),
            new(launch.Output, OutputNumber),
            new(launch.Error, ErrorNumber),
            new(launch.Event, EventNumber),
            new(launch.End, EndNumber),
            new(pipes.Hold.Read, HoldNumber),
            new(pipes.Report!.Value.Write, ReportNumber),
        };
        var arguments = new List<string>(40)
        {
            launch.App.ToString(),
            launch.Session.ToString(),
            "--module", Fd(ModuleNumber),
            "--interface", launch.Interface,
            "--ready", launch.Ready == ReadyMode.Start ? "start" : "call",
            "--ipc-fd", Number(ChannelNumber),
            "--output-fd", Number(OutputNumber),
            "--error-fd", Number(ErrorNumber),
            "--event-fd", Number(EventNumber),
            "--end-fd", Number(EndNumber),
            "--hold-fd", Number(HoldNumber),
            "--report-fd", Number(ReportNumber),
            "--linear-memory", launch.LinearMemory.ToString(CultureInfo.InvariantCulture),
        };
        if (launch.Code is not null)
        {
            descriptors.Add(new PassedDescriptor(launch.Code, CodeNumber));
            arguments.Add("--code");
            arguments.Add(Fd(CodeNumber));
        }

        arguments.InsertRange(0, program.User.Arguments);
        int number = CodeNumber;
        foreach (Preopen preopen in launch.Preopens)
        {
            string host = preopen.Host;
            if (preopen.Opened is { } opened)
            {
                descriptors.Add(new PassedDescriptor(opened, ++number));
                host = Fd(number);
            }

            arguments.Add("--preopen");
            arguments.Add($"{host}::{preopen.Guest}::{(preopen.Access == FolderAccess.ReadWrite ? "rw" : "ro")}");
        }

        foreach (string grant in launch.Grants)
        {
            arguments.Add("--grant");
            arguments.Add(grant);
        }

        foreach ((string name, string value) in launch.Environment)
        {
            arguments.Add("--env");
            arguments.Add($"{name}={value}");
        }

        if (launch.Arguments.Count > 0)
        {
            arguments.Add("--");
            arguments.AddRange(launch.Arguments);
        }

        // The hold pipe has its first byte already: without a scope there is nothing to wait for between spawn and start.
        Files.Write(pipes.Hold.Write, "s"u8);
        return Spawn(program.Path, arguments, descriptors, launch, pipes, listener);
    }

    private RuntimeProcess StartForeign(RuntimeLaunch launch, IRuntimeListener listener)
    {
        using var pipes = new RuntimePipes(withReport: false);
        PassedDescriptor[] descriptors = [new(pipes.Output.Write, 1), new(pipes.Error.Write, 2), new(pipes.Hold.Read, HoldNumber)];
        var arguments = new List<string>(8) { launch.App.ToString(), launch.Session.ToString() };
        if (program.Holder is not { } holder)
        {
            throw new IOException($"hold {program.Path}: it is no weft-runtime (it does not answer --protocol), and no weft-runtime that could hold it lies beside weft-appd or in /usr/lib/weft; install one");
        }

        arguments.InsertRange(0, [.. program.User.Arguments, "--hold-fd", Number(HoldNumber), "--exec", program.Path]);
        return Spawn(holder, arguments, descriptors, launch, pipes, listener);
    }

    private RuntimeProcess Spawn(string file, List<string> arguments, IReadOnlyList<PassedDescriptor> descriptors, RuntimeLaunch launch, RuntimePipes pipes, IRuntimeListener listener)
    {
        var request = new SpawnRequest
        {
            Program = file,
            Arguments = arguments,
            Environment = program.EnvironmentWith(launch.Token),
            Descriptors = descriptors,
        };
        if (logger.IsEnabled(LogLevel.Debug))
        {
            // The guest's environment and arguments may be secrets, and a log outlives them: those are left out.
            Log.Starts(logger, launch.App, launch.Session, file, arguments.TakeWhile(argument => argument is not ("--env" or "--")));
        }

        ChildProcess child = ChildProcess.Start(request, mark: $"WEFT_READY_TOKEN={launch.Token}");
        return new RuntimeProcess(child, pipes, launch.Token, program.IsForeign, listener, time);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Fd(int number) => string.Create(CultureInfo.InvariantCulture, $"fd:{number}");

    // Event ids 1100 to 1149 belong to session processes.
    private static partial class Log
    {
        [LoggerMessage(1100, LogLevel.Debug, "Session {SessionId} of {AppId} starts: {Program} {Arguments}")]
        public static partial void Starts(ILogger logger, AppId appId, Weft.Core.Protocol.SessionId sessionId, string program, IEnumerable<string> arguments);
    }
}
