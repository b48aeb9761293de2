using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Control;
using Weft.Appd.Notifications;
using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Appd.Tests.Control;

/// <summary>The Unix door with scripted sessions and apps behind it, on a real socket in a folder of its own.</summary>
internal sealed class ControlFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-control-").FullName;

    public ControlFixture(ControlLimits? limits = null, TimeProvider? time = null)
    {
        Limits = limits ?? new ControlLimits();
        Sessions = new ScriptedSessions(Announcements);
        Notifications = new NotificationCenter(Announcements);
        Settings = SettingsStore.Load(new SettingsSources
        {
            MachineFile = Path.Combine(_folder, "etc.toml"),
            ChangedFile = Path.Combine(_folder, "settings.json"),
            Environment = _ => null,
        });
        var status = new DaemonStatus(Facts, Sessions, Apps, () => Server!.Connections);
        status.Add(static () => UnenforcedParts.All);
        Greeting = new Greeting(Sessions, Apps, Notifications, Facts);
        Dispatcher = new Dispatcher(
            RequestTable.All(new ControlServices
            {
                Announcements = Announcements,
                Sessions = Sessions,
                Apps = Apps,
                Notifications = Notifications,
                Settings = Settings,
                Status = status,
                Greeting = Greeting,
                Tokens = new NoTokens(),
            }),
            NullLogger<Dispatcher>.Instance);
        Core = new ControlCore(Announcements, Dispatcher, Limits, time ?? TimeProvider.System, NullLogger.Instance);
        Server = new ControlServer(SocketPath, Core, new PeerCheck(Uid, Sessions.Owns));
        Server.Start();
    }

    public static uint Uid => Weft.Linux.Files.Stat("/proc/self").Uid;

    public string SocketPath => Path.Combine(_folder, "appd.sock");

    public ControlLimits Limits { get; }

    public Announcements Announcements { get; } = new();

    public ScriptedSessions Sessions { get; }

    public ScriptedApps Apps { get; } = new();

    public NotificationCenter Notifications { get; }

    public SettingsStore Settings { get; }

    public Greeting Greeting { get; }

    public Dispatcher Dispatcher { get; }

    public ControlCore Core { get; }

    public ControlServer Server { get; }

    public DaemonFacts Facts { get; } = new() { Version = "0.1.0", Instance = "i", StartedAt = 1 };

    public async Task<SocketClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new SocketClient(socket);
    }

    public void Publish(ControlMessage message)
    {
        lock (Announcements.Gate)
        {
            Announcements.Publish(message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class NoTokens : ITokens
    {
        public TokenReply Mint(ClientRole role, ulong? seconds, bool once) => new() { Token = "t" };

        public void RevokeAll()
        {
        }
    }
}
