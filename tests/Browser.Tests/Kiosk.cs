using System.Text.Json;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>A published daemon and a signed-in Chromium in front of its system UI, as a person at the kiosk has it.</summary>
public sealed class Kiosk : IAsyncDisposable
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly List<string> _asked = []; // guarded by itself
    private IPlaywright? _playwright;

    private Kiosk(Daemon daemon) => Daemon = daemon;

    public Daemon Daemon { get; }

    public IBrowser Browser { get; private set; } = null!;

    public IPage Page { get; private set; } = null!;

    /// <summary>Where the system UI is, with its port.</summary>
    public Uri Origin { get; private set; } = null!;

    /// <summary>Hosts that the browser asked anything of, with their port.</summary>
    public IReadOnlyList<string> AskedHosts
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked.Distinct()];
            }
        }
    }

    public static async Task<Kiosk> StartAsync(bool dark = false, int width = 800, int height = 480, params string[] apps)
    {
        Prerequisite.Need(File.Exists("/usr/bin/chromium"), "Chromium (apt-get install chromium)");
        Kiosk kiosk = new(await Daemon.StartAsync());
        try
        {
            foreach (string app in apps)
            {
                await kiosk.Daemon.InstallAsync(app);
            }

            kiosk._playwright = await Playwright.CreateAsync();
            kiosk.Browser = await kiosk._playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = Arguments });
            IBrowserContext context = await kiosk.Browser.NewContextAsync(new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = height },
                ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            });
            context.Request += (_, request) => kiosk.Asked(request.Url);
            context.WebPage(kiosk);
            kiosk.Page = await context.NewPageAsync();
            string url = (await kiosk.Daemon.WeftAsync("ui")).Success().Trim();
            kiosk.Origin = new Uri(new Uri(url).GetLeftPart(UriPartial.Authority));
            await kiosk.Page.GotoAsync(url);
            await kiosk.Page.Locator(".connection[data-state=online]").WaitForAsync();
            return kiosk;
        }
        catch
        {
            await kiosk.DisposeAsync();
            throw;
        }
    }

    internal void Asked(string url)
    {
        if (Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "ws" or "wss")
        {
            lock (_asked)
            {
                _asked.Add(uri!.Authority);
            }
        }
    }

    /// <summary>Launches an app by its tile and waits for its page; its frame.</summary>
    public async Task<IFrame> LaunchAsync(string app)
    {
        int before = await Page.Locator("iframe").CountAsync();
        await Page.Locator($".tile-open[data-app='{app}']").ClickAsync();
        ILocator frame = Page.Locator("iframe").Nth(before);
        try
        {
            await frame.WaitForAsync();
        }
        catch (TimeoutException e)
        {
            await ShootAsync("not-launched");
            string shown = await Page.EvaluateAsync<string>("() => [...document.querySelectorAll('.toast, .window, dialog[open]')].map(one => one.className + ': ' + one.textContent).join('\\n')");
            throw new Xunit.Sdk.XunitException($"a click on {app} opened no window (artifacts/screenshots/not-launched.png); shown:\n{shown}\n{Daemon.Log}", e);
        }

        IElementHandle element = await frame.ElementHandleAsync();
        IFrame content = (await element.ContentFrameAsync())!;
        await AtOwnOriginAsync(content);
        return content;
    }

    /// <summary>
    /// Waits until a frame has loaded its page from its own origin; before that it is at about:blank, and loaded too. Asked again and again, because
    /// waiting for a navigation misses one that happens while the wait begins.
    /// </summary>
    private static async Task AtOwnOriginAsync(IFrame frame)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!frame.Url.Contains(".localhost:", StringComparison.Ordinal) || await frame.EvaluateAsync<string>("() => document.readyState") != "complete")
        {
            await Task.Delay(50, deadline.Token);
        }
    }

    /// <summary>The session whose window is in front.</summary>
    public async Task<ulong> FrontAsync() =>
        ulong.Parse((await Page.Locator(".window[data-front]").GetAttributeAsync("data-session"))!, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Keeps a picture of the screen below artifacts/screenshots.</summary>
    public async Task ShootAsync(string name)
    {
        string folder = Path.Combine(Prerequisite.Root, "artifacts/screenshots");
        Directory.CreateDirectory(folder);
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), Animations = ScreenshotAnimations.Disabled });
    }

    /// <summary>Fails with what axe-core finds wrong in the system UI's own document, or where it scrolls sideways.</summary>
    public async Task CheckAsync(string screen)
    {
        await ShootAsync(screen);
        Deque.AxeCore.Commons.AxeResult result = await Page.RunAxe(new Deque.AxeCore.Commons.AxeRunOptions { Iframes = false });
        Assert.True(result.Violations.Length == 0, $"{screen}: {JsonSerializer.Serialize(result.Violations.Select(one => new { one.Id, Nodes = one.Nodes.Select(node => node.Html) }))}");
        int over = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");
        Assert.True(over <= 0, $"{screen} scrolls {over} px sideways");
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        await Daemon.DisposeAsync();
    }
}

internal static class ContextExtensions
{
    /// <summary>Also notes WebSockets: they are no requests to Playwright.</summary>
    public static void WebPage(this IBrowserContext context, Kiosk kiosk) =>
        context.Page += (_, page) => page.WebSocket += (_, socket) => kiosk.Asked(socket.Url);
}
