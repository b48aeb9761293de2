using System.Runtime.InteropServices;
using System.Text.Json;
using Weft.Core.Apps;
using Weft.Core.Channel;
using Weft.Core.Output;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Guest;
using Weft.Runtime.Host;
using Weft.Runtime.Wasmtime;
using GuestEnd = Weft.Runtime.Wasmtime.GuestEnd;

namespace Weft.Runtime.Session;

/// <summary>One run of one app, from the command line to the exit code.</summary>
internal sealed class GuestSession
{
    // Lives as long as the process: whoever waits in a host call is let go by it.
    private static readonly CancellationTokenSource Interrupted = new();

    private readonly CommandLine _line;
    private readonly SessionLoop _loop = new();
    private readonly SessionEnding _ending;
    private readonly Stopping _stopping;
    private readonly ReadyLine _ready;
    private readonly AppChannel _channel;
    private readonly AppHost _host;
    private readonly Fetching _fetching;
    private readonly Inbox _inbox = new();
    private string _report = "";

    private GuestSession(CommandLine line)
    {
        _line = line;
        string? token = Environment.GetEnvironmentVariable(ReadyLine.Variable);
        _ending = new SessionEnding(line.End >= 0 ? new EndRecordWriter(new Descriptor(line.End), TimeProvider.System) : null, line.ByHand);
        _stopping = new Stopping(_loop.Wake, _ending);

        // Descriptor 1 becomes the guest's.
        _ready = new ReadyLine(token, line.ByHand, RawDescriptors.Duplicate(1));
        _channel = new AppChannel(line.Ipc, token, _loop.Wake) { State = () => (_ready.Said, Parsed(_report)) };
        _ending.Settle = () => _loop.Settle(_channel);
        var grants = new CapabilitySet(line.Grants);
        _fetching = new Fetching(grants, _channel, Interrupted.Token);
        _host = new AppHost(grants, _channel, _ready, _fetching);
    }

    /// <summary>Runs it; the exit code is the guest's.</summary>
    public static int Run(CommandLine line)
    {
        // Threads of native libraries would each keep a heap of their own; a session has few of them, and they allocate little.
        CurrentProcess.ShareNativeHeap();
        line.KeepDescriptors();
        var session = new GuestSession(line);
        using PosixSignalRegistration signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            session._stopping.Signal();
        });

        // What is needed anyway and touches nothing of the guest's goes before the hold, which hides it.
        session._loop.Start(session._channel, session._stopping, session._ending);
        HeldStart.Wait(line.Hold);
        try
        {
            session.Run();
        }
        catch (EngineException e)
        {
            // Nobody may be there to read the error stream: the end record keeps the reason.
            session._ending.Finish(GuestEnd.Refuse(e.Message));
        }

        return 0;
    }

    private static JsonElement? Parsed(string report)
    {
        if (report.Length == 0)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(report);
        return document.RootElement.Clone();
    }

    private void Run()
    {
        IEngine engine = EngineChoice.Open(_line.Engine);

        // Even where the end comes before anything is connected, as a signal can: an executable would go on alone.
        _ending.Abandon = engine.Interrupt;
        engine.Load(new GuestProgram(_line.Module, _line.Code, _line.LinearMemory));
        AppInterface offered = engine.IsComponent ? AppInterface.Component : _line.Interface ?? AppInterface.None;
        if (offered == AppInterface.Component && !engine.IsComponent)
        {
            throw new EngineException(EngineFailure.Module, $"interface component, and {_line.Module} is a module: say jsonrpc or none");
        }

        _report = SessionReport.Of(engine, _line);
        if (_line.Report >= 0)
        {
            SessionReport.Write(_line.Report, _report);
        }

        _stopping.Interrupts = () =>
        {
            _inbox.Interrupt();
            Interrupted.Cancel();
            engine.Interrupt();
        };
        Connect(offered, engine);
        engine.Prepare(new GuestWorld
        {
            Arguments = [_line.AppId, .. _line.Arguments],
            Variables = _line.Variables,
            Folders = _line.Folders,
            HasInput = offered == AppInterface.JsonRpc || _line.ByHand,
            Interfaces = offered == AppInterface.Component ? new ComponentHost(_host, _inbox, Interrupted.Token).Interfaces() : [],
            Begun = _line.ReadyAtStart ?? offered == AppInterface.None ? _host.Ready : static () => { },
        });
        HeldStart.Wait(_line.Hold);
        _ending.Began();
        GuestEnd end = engine.Run();
        _ending.Finish(end);
    }

    /// <summary>Connects what the guest says and hears.</summary>
    private void Connect(AppInterface offered, IEngine engine)
    {
        IGuestOutput? output = Ring(_line.Output);
        IGuestOutput? error = Ring(_line.Error);
        GuestPipe? input = null;
        if (offered == AppInterface.JsonRpc)
        {
            input = new GuestPipe(_loop.Wake);

            // By hand the log goes to the error stream.
            IGuestOutput log = output ?? new DescriptorOutput(2);
            var rpc = new JsonRpcHost(_host, input, log);
            output = new LineOutput(rpc.Take, log, JsonRpcHost.MaximumLine);
            _channel.Deliver = message => Deliver(rpc, message);
            _channel.RoomAgain = rpc.TellDropped;
            _stopping.Tells = grace =>
            {
                rpc.Closing(grace);
                return true;
            };
        }
        else if (offered == AppInterface.Component)
        {
            _fetching.ForComponent = true;
            bool hears = engine.Imports(ComponentHost.IpcThatHears);
            _channel.Deliver = message => Deliver(message, hears);
            _stopping.Tells = grace =>
            {
                if (hears)
                {
                    _inbox.Tell(new HostEvent.Closing(grace));
                }

                return hears;
            };
        }

        if (output is not null || error is not null)
        {
            var streams = new GuestStreams(output, error, input);
            _ending.Flush = streams.Finish;
            _loop.Attend(streams, input);
        }
    }

    private bool Deliver(JsonRpcHost rpc, ChannelMessage message)
    {
        switch (message)
        {
            case Message { Payload: var payload }:
                return rpc.TryMessage(payload);
            case Closing { GraceMs: var grace }:
                _stopping.Announce(grace);
                return true;
            case Revoked { Grant: var grant }:
                rpc.Revoked(grant);
                return true;
            case MemoryPressure { Level: var level }:
                rpc.MemoryPressure(level);
                return true;
            default:
                return false;
        }
    }

    private bool Deliver(ChannelMessage message, bool hears)
    {
        switch (message)
        {
            case Message { Payload: var payload }:
                return _inbox.TryMessage(payload);
            case Closing { GraceMs: var grace }:
                _stopping.Announce(grace);
                return true;
            case Revoked { Grant: var grant }:
                Tell(new HostEvent.Revoked(grant), hears);
                return true;
            case MemoryPressure { Level: var level }:
                Tell(new HostEvent.MemoryPressure(level), hears);
                return true;
            default:
                return false;
        }
    }

    private void Tell(HostEvent word, bool hears)
    {
        if (hears)
        {
            _inbox.Tell(word);
        }
    }

    private RingOutput? Ring(int descriptor) => descriptor < 0 ? null : new RingOutput(new OutputRingWriter(new Descriptor(descriptor)), _line.Event);
}
