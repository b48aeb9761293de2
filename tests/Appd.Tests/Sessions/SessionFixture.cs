using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Compositor;
using Weft.Appd.Control;
using Weft.Appd.Notifications;
using Weft.Appd.Processes;
using Weft.Appd.Sessions;
using Weft.Appd.State;
using Weft.Core.Apps;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

/// <summary>A table of sessions in a root of its own, with one listener that hears every broadcast.</summary>
internal sealed class SessionFixture : IAsyncDisposable, IPackages, ICompiledCode
{
    public const string App = "com.example.app";

    private readonly Outbox _outbox = new(new ControlLimits { QueuedMessages = 100_000, QueuedBytes = 100_000_000, QueuedBroadcastBytes = 100_000_000 });
    private readonly List<JsonElement> _heard = [];
    private readonly string _module;

    public SessionFixture(IRuntimeLauncher launcher, TimeProvider time, string? root = null)
    {
        Root = root ?? Directory.CreateTempSubdirectory("weft-sessions-").FullName;
        Time = time;
        Paths = new WeftPaths(
            name => name switch
            {
                "WEFT_RUNTIME_DIR" => Path.Combine(Root, "run"),
                "WEFT_STATE_DIR" => Path.Combine(Root, "state"),
                "XDG_DATA_HOME" => Path.Combine(Root, "data"),
                "HOME" => Root,
                _ => null,
            },
            root: false,
            Root,
            Root);
        Files.MakePrivateFolder(Paths.RuntimeFolder);
        Files.MakePrivateFolder(Path.Combine(Paths.StateRoot, "ends"));
        Files.MakePrivateFolder(Path.Combine(Paths.StateRoot, "logs"));
        _module = Path.Combine(Root, "app.wasm");
        File.WriteAllBytes(_module, [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
        Record = SessionRecord.Open(Paths.StateRoot, new StateLimits(), TimeProvider.System, NullLogger.Instance);
        Compositor = new CompositorLink(Path.Combine(Root, "compositor.sock"), TimeProvider.System, NullLogger<CompositorLink>.Instance);
        Notifications = new NotificationCenter(Announcements);
        Table = new SessionTable(new SessionTableParts
        {
            Announcements = Announcements,
            Record = Record,
            Packages = this,
            Code = this,
            Launcher = launcher,
            Compositor = Compositor,
            Notifications = Notifications,
            Clipboard = Clipboard,
            Folders = new GuestFolders(Paths, SessionUser.Own),
            Settings = () => Settings,
            StateRoot = Paths.StateRoot,
            RuntimeFolder = Paths.RuntimeFolder,
            Time = time,
            Logger = NullLogger.Instance,
        });
        var requester = new Requester { Client = new ClientId(1), Name = "listener", Role = ClientRole.System, IsLocal = true };
        var subscriber = new Subscriber(requester, ControlEncoding.Json, _outbox, _ => { }, _ => { });
        Announcements.Add(subscriber);
        lock (Announcements.Gate)
        {
            subscriber.Listen(null);
        }
    }

    public string Root { get; }

    public WeftPaths Paths { get; }

    public TimeProvider Time { get; }

    public Announcements Announcements { get; } = new();

    public SessionRecord Record { get; }

    public CompositorLink Compositor { get; }

    public NotificationCenter Notifications { get; }

    public Clipboard Clipboard { get; } = new();

    public SessionTable Table { get; }

    public WeftSettings Settings { get; set; } = WeftSettings.Defaults;

    /// <summary>What the next launch finds in the store.</summary>
    public string Manifest { get; set; } = ManifestOf("");

    public int LeasesHeld { get; private set; }

    public static string ManifestOf(string rest, string capabilities = "") =>
        $"[package]\nid = \"{App}\"\nname = \"App\"\nversion = \"1.0.0\"\ncapabilities = [{capabilities}]\n{rest}";

    public RunnablePackage Open(AppId app)
    {
        if (app.ToString() != App)
        {
            throw new ControlException(ControlCode.NotFound, $"launch {app}: not installed");
        }

        ManifestReport report = Core.Apps.Manifest.Check(System.Text.Encoding.UTF8.GetBytes(Manifest));
        Assert.NotNull(report.Manifest);
        LeasesHeld++;
        return new RunnablePackage
        {
            Manifest = report.Manifest,
            Development = true,
            ModulePath = _module,
            ModuleSha256 = new byte[32],
            Module = Files.Open(_module, OpenFlags.ReadOnly),
            Lease = new Lease(this),
        };
    }

    public ValueTask<Descriptor?> GetAsync(RunnablePackage package, CancellationToken cancellationToken) => ValueTask.FromResult<Descriptor?>(null);

    public Task<LaunchAck> LaunchAsync(LaunchApp? request = null) =>
        Table.LaunchAsync(request ?? new LaunchApp { AppId = App }, null, CancellationToken.None);

    public Task<AppState> TerminateAsync(SessionId id, bool force = false) => Table.TerminateAsync(id, force, null, CancellationToken.None);

    public AppState State(SessionId id)
    {
        lock (Announcements.Gate)
        {
            return Table.State(id);
        }
    }

    public SessionDetails Inspect(SessionId id)
    {
        lock (Announcements.Gate)
        {
            return Table.Inspect(id);
        }
    }

    /// <summary>Waits for a broadcast; those before it stay in <see cref="Heard"/>.</summary>
    public async Task<JsonElement> HearAsync(Func<JsonElement, bool> which, int seconds = 20)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            while (_outbox.TryTake(out ReadOnlyMemory<byte> bytes))
            {
                JsonElement message = JsonDocument.Parse(Payload(bytes)).RootElement.Clone();
                _heard.Add(message);
                if (which(message))
                {
                    return message;
                }
            }

            try
            {
                await _outbox.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail("not heard; heard were: " + string.Join("\n", _heard));
            }
        }
    }

    /// <summary>Waits for the session's state; <c>stopped</c> has the end with it.</summary>
    public async Task<JsonElement> HearStateAsync(SessionId id, string state, int seconds = 20) => await HearAsync(
        message => Type(message) == "APP_STATE" && Id(message) == id.Value && message.GetProperty("state").GetString() == state, seconds);

    /// <summary>What was broadcast of one session, as words: <c>LAUNCH_ACK starting APP_READY running</c>.</summary>
    public string Heard(SessionId id)
    {
        while (_outbox.TryTake(out ReadOnlyMemory<byte> bytes))
        {
            _heard.Add(JsonDocument.Parse(Payload(bytes)).RootElement.Clone());
        }

        return string.Join(' ', _heard.Where(message => Id(message) == id.Value).Select(message =>
            Type(message) == "APP_STATE" ? message.GetProperty("state").GetString() : Type(message)));
    }

    public async ValueTask DisposeAsync()
    {
        await Compositor.DisposeAsync();
        Record.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    public static string Cause(JsonElement stopped) => stopped.GetProperty("end").GetProperty("cause").GetString()!;

    public static string Message(JsonElement stopped) => stopped.GetProperty("end").GetProperty("message").GetString()!;

    /// <summary>JSON messages are queued as WebSocket frames: a text frame's header has 2, 4 or 10 bytes.</summary>
    private static ReadOnlyMemory<byte> Payload(ReadOnlyMemory<byte> frame) => frame[(frame.Span[1] switch { 126 => 4, 127 => 10, _ => 2 })..];

    private static string? Type(JsonElement message) => message.GetProperty("type").GetString();

    private static ulong Id(JsonElement message) => message.TryGetProperty("session_id", out JsonElement id) ? id.GetUInt64() : 0;

    private sealed class Lease(SessionFixture fixture) : IDisposable
    {
        public void Dispose() => fixture.LeasesHeld--;
    }
}
