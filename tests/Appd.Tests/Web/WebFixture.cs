using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Apps;
using Weft.Appd.Control;
using Weft.Appd.Notifications;
using Weft.Appd.Tests.Control;
using Weft.Appd.Web;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Core.Store;

namespace Weft.Appd.Tests.Web;

/// <summary>The web door with a real Kestrel on a free port, a real package store, and scripted sessions.</summary>
internal sealed class WebFixture : IAsyncDisposable
{
    private readonly bool _ownsFolder;

    private WebFixture(ControlLimits limits, WebLimits webLimits, string? folder, TimeProvider time)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("weft-web-").FullName;
        Sessions = new ScriptedSessions(Announcements);
        var store = new PackageStore(
            new PackageStoreOptions
            {
                UserStore = Path.Combine(Folder, "apps"),
                StateRoot = MakeFolder("state"),
                AppData = Path.Combine(Folder, "data"),
                TrustedKeyFolders = [],
            },
            TimeProvider.System);
        Store = store;
        Catalogue = new Catalogue(store, Announcements, compileAhead: null);
        string ui = MakeFolder("ui");
        File.WriteAllText(Path.Combine(ui, "index.html"), "<!doctype html><title>Weft</title>");
        File.WriteAllText(Path.Combine(ui, "shell.js"), "export {}");
        Server = new WebServer(new WebParts
        {
            Announcements = Announcements,
            Loggers = NullLoggerFactory.Instance,
            Limits = webLimits,
            Time = TimeProvider.System,
            Port = 0,
            PortFile = Path.Combine(Folder, "appd.wsport"),
            SystemTokenFile = Path.Combine(Folder, "appd.systoken"),
            StateRoot = Path.Combine(Folder, "state"),
            SystemUiFolder = ui,
        });
        var notifications = new NotificationCenter(Announcements);
        var facts = new DaemonFacts { Version = "0.1.0", Instance = "i", StartedAt = 1 };
        Greeting = new Greeting(Sessions, Catalogue, notifications, facts);
        var services = new ControlServices
        {
            Announcements = Announcements,
            Sessions = Sessions,
            Apps = Catalogue,
            Notifications = notifications,
            Settings = SettingsStore.Load(new SettingsSources
            {
                MachineFile = Path.Combine(Folder, "etc.toml"),
                ChangedFile = Path.Combine(Folder, "settings.json"),
                Environment = _ => null,
            }),
            Status = new DaemonStatus(facts, Sessions, Catalogue, () => Server.Connections),
            Greeting = Greeting,
            Tokens = Server.Credentials,
        };
        Core = new ControlCore(Announcements, new Dispatcher(RequestTable.All(services), NullLogger<Dispatcher>.Instance), limits, time, NullLogger.Instance);
        Server.Bind();
    }

    public string Folder { get; }

    public Announcements Announcements { get; } = new();

    public ScriptedSessions Sessions { get; }

    public PackageStore Store { get; }

    public Catalogue Catalogue { get; }

    public Greeting Greeting { get; }

    public ControlCore Core { get; }

    public WebServer Server { get; }

    public int Port => Server.Port!.Value;

    public string Origin => $"http://localhost:{Port}";

    public string SystemToken => File.ReadAllText(Path.Combine(Folder, "appd.systoken"));

    public static async Task<WebFixture> StartAsync(ControlLimits? limits = null, WebLimits? webLimits = null, string? folder = null, TimeProvider? time = null)
    {
        var fixture = new WebFixture(limits ?? new ControlLimits(), webLimits ?? new WebLimits(), folder, time ?? TimeProvider.System);
        await fixture.Server.StartAsync(fixture.Core, fixture.Greeting, fixture.Catalogue, default);
        return fixture;
    }

    /// <summary>An installed app with that page, opened for a session of its own; the page's address.</summary>
    public async Task<(SessionId Session, Uri Page)> OpenPageAsync(string html, params (string Path, string Text)[] others)
    {
        string package = MakeFolder($"package-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Path.Combine(package, "ui"));
        File.WriteAllText(Path.Combine(package, "wapp.toml"), """
            [package]
            id = "com.example.page"
            name = "Page"
            version = "1.0.0"
            icon = "icon.svg"
            [ui]
            entry = "ui/index.html"
            """);
        File.WriteAllBytes(Path.Combine(package, "app.wasm"), [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0]);
        File.WriteAllText(Path.Combine(package, "icon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
        File.WriteAllText(Path.Combine(package, "ui", "index.html"), html);
        foreach ((string path, string text) in others)
        {
            string file = Path.Combine(package, "ui", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        await Catalogue.InstallAsync(package, development: true, approve: true, (_, _, _) => { }, default);
        return await LaunchAsync();
    }

    /// <summary>A session of the installed app.</summary>
    public async Task<(SessionId Session, Uri Page)> LaunchAsync()
    {
        LaunchAck ack = await Sessions.LaunchAsync(new LaunchApp { AppId = "com.example.page" }, null, default);
        return (ack.SessionId, Reopen(ack.SessionId));
    }

    /// <summary>The page of a session of that number, as after a restart of the daemon.</summary>
    public Uri Reopen(SessionId session)
    {
        using PackageLease lease = Catalogue.OpenForLaunch(AppId.Parse("com.example.page"));
        lock (Announcements.Gate)
        {
            Server.Pages.Open(session, lease.Package.Manifest, lease);
            return new Uri(Server.Pages.UrlOf(session)!);
        }
    }

    /// <summary>A WebSocket that has not said HELLO.</summary>
    public async Task<WebSocketClient> ConnectAsync(string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        await socket.ConnectAsync(new Uri($"ws://localhost:{Port}/appd"), default);
        return new WebSocketClient(socket);
    }

    /// <summary>One that has.</summary>
    public async Task<(WebSocketClient Client, Welcome Welcome)> SignInAsync(ClientRole role, string token, string? origin = null)
    {
        WebSocketClient client = await ConnectAsync(origin);
        return (client, await client.AskAsync<Welcome>(new Hello { Role = role, Token = token }));
    }

    /// <summary>Sends bytes and reads one answer; with <paramref name="toTheEnd"/> all that comes until the server closes.</summary>
    public async Task<string> RawAsync(string request, bool toTheEnd = false)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", Port);
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        try
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent));
            }
        }
        catch (SocketException)
        {
            // The server may have answered and closed before all was written.
        }

        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            while ((toTheEnd || !answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal)) && await socket.ReceiveAsync(buffer, deadline.Token) is > 0 and int read)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // Reset after the answer.
        }

        return answer.ToString();
    }

    /// <summary>Ends the daemon's part and leaves its folder, for a next one.</summary>
    public async Task StopAsync()
    {
        Core.Stop();
        await Server.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsFolder)
        {
            // Revisions are sealed read-only.
            foreach (string folder in Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories).Prepend(Folder).ToArray())
            {
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Directory.Delete(Folder, recursive: true);
        }
    }

    private string MakeFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(Folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
}
