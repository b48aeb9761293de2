using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Weft.Appd.Apps;
using Weft.Appd.Compositor;
using Weft.Appd.Control;
using Weft.Appd.Logging;
using Weft.Appd.Notifications;
using Weft.Appd.Processes;
using Weft.Appd.Sessions;
using Weft.Appd.State;
using Weft.Appd.Web;
using Weft.Core.Code;
using Weft.Core.Engines;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Appd;

/// <summary>The daemon's parts, put together by hand, and its life: lock, clean up, open the doors, wait, stop in order.</summary>
internal static partial class Daemon
{
    public static string Version { get; } =
        typeof(Daemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs until a signal; the exit code.</summary>
    /// <exception cref="StartRefusedException">It must not run here.</exception>
    public static async Task<int> RunAsync(WeftPaths paths, bool allowRoot, StderrLog loggers)
    {
        TimeProvider time = TimeProvider.System;
        ILogger logger = loggers.CreateLogger("appd");
        long startedAt = time.GetUtcNow().ToUnixTimeMilliseconds();

        // Before the first thing that could take long: a stop while starting is a stop.
        var stop = new StopSignals();
        using RootLock hold = RootLock.Acquire(paths, new LockHolder
        {
            Pid = Environment.ProcessId,
            BootId = Linux.Processes.BootId,
            StartTime = Linux.Processes.StartTime(Environment.ProcessId) ?? 0,
            Version = Version,
            Since = startedAt,
        });

        SettingsStore settings = SettingsStore.Load(paths);
        foreach (SettingsFinding finding in settings.Findings)
        {
            Log.Setting(logger, finding.ToString());
        }

        SessionUser user = SessionUser.Choose(settings.Current, allowRoot);
        if (user.Account is not null)
        {
            // An engine that `weft engine install` has put there is for that user to open. Compiled code beside it stays closed.
            Files.MakePassableFolder(paths.CacheFolder);
        }

        Children.AdoptOrphans();
        Files.MakePrivateFolder(Path.Combine(paths.StateRoot, "ends"));
        Files.MakePrivateFolder(Path.Combine(paths.StateRoot, "logs"));
        using SessionRecord record = SessionRecord.Open(paths.StateRoot, new StateLimits(), time, logger);
        Task leftovers = new Leftovers(record, paths, new SessionLimits(), time, logger).EndAsync();
        RuntimeProgram program = await RuntimeProgram.AskAsync(paths.RuntimeBinary, OwnRuntime(), EngineVariables(paths, settings.Current), user, time);
        await leftovers;
        if (program.Problem is { } problem)
        {
            Log.NoRuntime(logger, problem);
        }

        using var memory = new IdleMemory(time);
        var announcements = new Announcements { Published = memory.Touch };
        var notifications = new NotificationCenter(announcements);
        var engine = new EngineKnowledge(program, time, loggers.CreateLogger<EngineKnowledge>());
        await using var cache = new CodeCache(
            new CodeCacheOptions { CacheFolder = paths.CacheFolder, StateRoot = paths.StateRoot, RuntimeProgram = program.Path, RuntimeArguments = user.Arguments }, time);
        var code = new CompiledCode(cache, engine);
        var catalogue = new Catalogue(
            new PackageStore(PackageStoreOptions.From(paths) with { ApproveAll = settings.Current.ApproveAll, Machine = settings.Current.Limits }, time),
            announcements,
            code.CompileAheadAsync);
        await using var web = new WebServer(new WebParts
        {
            Announcements = announcements,
            Loggers = loggers,
            Limits = new WebLimits(),
            Time = time,
            Port = settings.Current.WebPort,
            PortFile = paths.WsPortFile,
            SystemTokenFile = paths.SystemTokenFile,
            StateRoot = paths.StateRoot,
            SystemUiFolder = paths.SystemUiFolder,
        });

        // Before the first session: its page's address has the port in it.
        web.Bind();
        await using var compositor = new CompositorLink(paths.CompositorSocket, time, loggers.CreateLogger<CompositorLink>());
        var sessions = new SessionTable(new SessionTableParts
        {
            Announcements = announcements,
            Record = record,
            Packages = new InstalledPackages(catalogue),
            Code = code,
            Launcher = new RuntimeLauncher(program, time, loggers.CreateLogger<RuntimeLauncher>()),
            Compositor = compositor,
            Notifications = notifications,
            Clipboard = new Clipboard(),
            Pages = web.Pages,
            Folders = new GuestFolders(paths, user),
            User = user,
            Settings = () => settings.Current,
            StateRoot = paths.StateRoot,
            RuntimeFolder = paths.RuntimeFolder,
            Time = time,
            Logger = loggers.CreateLogger<SessionTable>(),
        });

        var facts = new DaemonFacts { Version = Version, Instance = RandomNumberGenerator.GetHexString(32, lowercase: true), StartedAt = startedAt };
        ControlServer? server = null;
        var status = new DaemonStatus(facts, sessions, catalogue, () => (server?.Connections ?? 0) + web.Connections);
        status.Add(static () => UnenforcedParts.All);
        status.Add(() => [engine.Part, DaemonParts.Compositor(compositor, paths.CompositorSocket), DaemonParts.Runtime(program)]);
        status.Add(user.Parts);
        status.Add(web.Parts);
        var greeting = new Greeting(sessions, catalogue, notifications, facts);
        using var core = new ControlCore(
            announcements,
            new Dispatcher(
                RequestTable.All(new ControlServices
                {
                    Announcements = announcements,
                    Sessions = sessions,
                    Apps = catalogue,
                    Notifications = notifications,
                    Settings = settings,
                    Status = status,
                    Greeting = greeting,
                    Tokens = web.Credentials,
                }),
                loggers.CreateLogger<Dispatcher>()),
            new ControlLimits(),
            time,
            loggers.CreateLogger<ControlCore>());
        server = new ControlServer(paths.ControlSocket, core, new PeerCheck(Identity.EffectiveUser, sessions.Owns));
        await catalogue.RefreshAsync(stop.First);
        server.Start();
        compositor.Start();
        Task engineAsked = engine.GetAsync(CancellationToken.None).AsTask(); // learned before the first launch asks
        Log.Ready(logger, Version, paths.ControlSocket, paths.StateRoot);

        // After the socket: who waits for the daemon waits for that, and browsers wait in the port's backlog.
        await web.StartAsync(core, greeting, catalogue, CancellationToken.None);

        Task broken = server.Ended;
        await Task.WhenAny(broken, stop.Asked);
        Log.Stops(logger, stop.Asked.IsCompleted ? stop.Name : "the control socket broke");
        await sessions.StopAllAsync(EndCause.Shutdown, stop.Second);
        await server.StopAsync();
        await web.DisposeAsync(); // while the core that its connections use still stands
        await engineAsked; // the asked runtime is a child too, and a stop right after the start would leave it behind
        Log.Stopped(logger);
        return broken.IsFaulted ? 1 : 0;
    }

    /// <summary>weft-runtime of this installation, whatever WEFT_RUNTIME_BIN says.</summary>
    private static string? OwnRuntime()
    {
        string? folder = Path.GetDirectoryName(Environment.ProcessPath);
        string[] places = [Path.Combine(folder ?? "/", "weft-runtime"), "/usr/lib/weft/weft-runtime"];
        return Array.Find(places, File.Exists);
    }

    /// <summary>What runtimes are told of their engine.</summary>
    private static IEnumerable<KeyValuePair<string, string>> EngineVariables(WeftPaths paths, WeftSettings settings)
    {
        foreach (KeyValuePair<string, string> variable in EnginePlace.Find(paths, settings).Variables())
        {
            yield return variable;
        }

        if (settings.AllowUntestedEngine)
        {
            yield return new("WEFT_ENGINE_ALLOW_UNTESTED", "1");
        }
    }

    // Event ids 1050 to 1069 belong to the daemon itself.
    private static partial class Log
    {
        [LoggerMessage(1050, LogLevel.Information, "weft-appd {Version} is ready: {Socket}, state in {StateRoot}")]
        public static partial void Ready(ILogger logger, string version, string socket, string stateRoot);

        [LoggerMessage(1051, LogLevel.Information, "Stopping: {Why}")]
        public static partial void Stops(ILogger logger, string why);

        [LoggerMessage(1052, LogLevel.Information, "Stopped in order")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(1053, LogLevel.Warning, "{Finding}; the default is used")]
        public static partial void Setting(ILogger logger, string finding);

        [LoggerMessage(1054, LogLevel.Error, "Nothing can be launched: {Problem}")]
        public static partial void NoRuntime(ILogger logger, string problem);
    }
}
