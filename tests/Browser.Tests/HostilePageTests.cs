using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>A real page of an app in a real Chromium tries what it must not be able to do.</summary>
public sealed class HostilePageTests
{
    private const string Counter = "com.example.counter";
    private const string Notes = "com.example.notes";

    static HostilePageTests() => Assertions.SetDefaultExpectTimeout(60_000);

    /// <summary>Opens a WebSocket from the page; what came of it as text.</summary>
    private const string TryHello = """
        ([url, hello]) => new Promise(done => {
          const socket = new WebSocket(url);
          socket.onopen = () => socket.send(JSON.stringify(hello));
          socket.onmessage = event => done("message " + event.data);
          socket.onclose = event => done("closed " + event.code);
          setTimeout(() => done("nothing"), 8000);
        })
        """;

    [SkippableFact]
    public async Task A_page_cannot_become_system_even_with_a_credential_that_leaked()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame page = await kiosk.LaunchAsync(Counter);
        string credential = await kiosk.Page.EvaluateAsync<string>("() => localStorage.getItem('weft.credential')");
        foreach (string role in (string[])["system", "observer"])
        {
            string came = await page.EvaluateAsync<string>(TryHello, new object[] { Socket(kiosk), new { type = "HELLO", seq = 1, role, token = credential } });
            Assert.DoesNotContain("WELCOME", came, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_page_cannot_speak_for_another_session()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes]);
        IFrame counter = await kiosk.LaunchAsync(Counter);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        await kiosk.LaunchAsync(Notes);
        ulong notes = await kiosk.FrontAsync();
        string token = await TokenOfAsync(counter);
        string came = await counter.EvaluateAsync<string>(TryHello, new object[] { Socket(kiosk), new { type = "HELLO", seq = 1, role = "app", session_id = notes, token } });
        Assert.DoesNotContain("WELCOME", came, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_page_cannot_read_another_pages_documents_storage_or_token()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes]);
        IFrame counter = await kiosk.LaunchAsync(Counter);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        IFrame notes = await kiosk.LaunchAsync(Notes);
        // In tabs of their own: in frames a browser may refuse storage altogether (a private window does), which would show nothing.
        IPage notesTab = await kiosk.Page.Context.NewPageAsync(), counterTab = await kiosk.Page.Context.NewPageAsync();
        await notesTab.GotoAsync(notes.Url);
        await counterTab.GotoAsync(counter.Url);
        await notesTab.EvaluateAsync("() => localStorage.setItem('secret', 'of notes')");
        Assert.Equal("of notes", await notesTab.EvaluateAsync<string?>("() => localStorage.getItem('secret')"));
        Assert.Null(await counterTab.EvaluateAsync<string?>("() => localStorage.getItem('secret')"));
        Assert.NotEqual(new Uri(counter.Url).Host, new Uri(notes.Url).Host);
        // Fetching it is refused by the browser (no CORS) and by the page's own CSP; framing it by its frame-ancestors.
        Assert.StartsWith("refused", await counter.EvaluateAsync<string>("url => fetch(url).then(r => r.text(), e => 'refused ' + e)", notes.Url), StringComparison.Ordinal);
        Assert.StartsWith("refused", await counter.EvaluateAsync<string>("url => fetch(url).then(r => r.text(), e => 'refused ' + e)", kiosk.Origin.ToString()), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_page_cannot_reach_the_frame_of_the_system_UI()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame page = await kiosk.LaunchAsync(Counter);
        Assert.Equal("SecurityError", await page.EvaluateAsync<string>("() => { try { return parent.document.title; } catch (e) { return e.name; } }"));
        Assert.Equal("SecurityError", await page.EvaluateAsync<string>("() => { try { return parent.localStorage.getItem('weft.credential'); } catch (e) { return e.name; } }"));
        // The sandbox gives no way to navigate the kiosk away.
        await page.EvaluateAsync("() => { try { top.location = 'about:blank'; } catch { } }");
        await Assertions.Expect(kiosk.Page.Locator(".taskbar")).ToBeVisibleAsync();
        Assert.StartsWith(kiosk.Origin.ToString(), kiosk.Page.Url, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_page_that_is_not_in_front_moves_nothing()
    {
        const string Press = "code => parent.postMessage({ weftKey: code }, '*')";
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes]);
        IFrame counter = await kiosk.LaunchAsync(Counter);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        IFrame notes = await kiosk.LaunchAsync(Notes);
        await kiosk.Page.EvaluateAsync("() => { window.heard = 0; window.addEventListener('message', () => window.heard++); }");
        await counter.EvaluateAsync(Press, "KeyS");
        await notes.EvaluateAsync(Press, "constructor");
        await kiosk.Page.WaitForFunctionAsync("() => window.heard === 2", null, new() { Timeout = 60_000 });
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Notes");
        await Assertions.Expect(kiosk.Page.Locator(".settings")).ToHaveCountAsync(0);
        // The one in front may leave itself.
        await notes.EvaluateAsync(Press, "ArrowLeft");
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Counter");
    }

    [SkippableFact]
    public async Task A_foreign_host_name_that_points_here_gets_nothing()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame page = await kiosk.LaunchAsync(Counter);
        string label = new Uri(page.Url).Host;
        // What DNS rebinding makes of a name: the browser asks this address with the attacker's Host.
        await using IBrowser rebound = await kiosk.Browser.BrowserType.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP *.evil.example 127.0.0.1"],
        });
        IPage evil = await rebound.NewPageAsync();
        foreach (string host in (string[])["evil.example", label.Split('.')[0] + ".evil.example"])
        {
            foreach (string path in (string[])["/", "/shell.js", "/appd", "/auth/bootstrap", "/ui/index.html"])
            {
                IResponse? answer = await evil.GotoAsync($"http://{host}:{kiosk.Origin.Port}{path}");
                Assert.Equal(403, answer!.Status);
            }
        }

        // The page of no session at all.
        Assert.Equal(404, (await evil.GotoAsync($"http://0123456789abcdef0123456789abcdef.localhost:{kiosk.Origin.Port}/"))!.Status);
    }

    [SkippableFact]
    public async Task No_page_but_the_sessions_own_origin_may_use_its_token()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame page = await kiosk.LaunchAsync(Counter);
        ulong session = await kiosk.FrontAsync();
        string token = await TokenOfAsync(page);
        IPage elsewhere = await kiosk.Browser.NewPageAsync();
        await elsewhere.GotoAsync("data:text/html,<title>elsewhere</title>");
        string came = await elsewhere.EvaluateAsync<string>(TryHello, new object[] { Socket(kiosk), new { type = "HELLO", seq = 1, role = "app", session_id = session, token } });
        Assert.StartsWith("closed", came, StringComparison.Ordinal);
    }

    private static string Socket(Kiosk kiosk) => $"ws://localhost:{kiosk.Origin.Port}/appd";

    /// <summary>The bridge token, as any script of the page can find it: it stands in the page's own source.</summary>
    private static Task<string> TokenOfAsync(IFrame page) =>
        page.EvaluateAsync<string>("() => fetch(location.href).then(r => r.text()).then(text => text.match(/[0-9a-f]{32,}/)?.[0] ?? 'none')");
}
