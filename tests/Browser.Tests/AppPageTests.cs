using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>What an app's own page finds in a real Chromium: the bridge to its guest, from its first script to the end of the session.</summary>
public sealed class AppPageTests
{
    private const string Counter = "com.example.counter";

    private const string Ended = "() => { try { weftIpc.send('is anybody there?'); return false; } catch (e) { return e.message.includes('has ended'); } }";

    /// <summary>A page as packages of the Rust implementation bring it: its first script, in the head before anything else, uses the bridge.</summary>
    private const string RustPage = """
        <!doctype html>
        <html lang="en"><head><script>
          const heard = [];
          window.weftIpc.onmessage = text => heard.push(text);
          window.weftIpc.send("said by the first script");
        </script>
        <meta charset="utf-8"><title>Ärger 🧵</title><link rel="stylesheet" href="style.css"></head>
        <body><script src="app.js"></script></body></html>
        """;

    [SkippableFact]
    public async Task A_package_of_the_Rust_implementation_talks_to_its_component_without_a_change()
    {
        Daemon.NeedLibrary(); // a component
        await using Kiosk kiosk = await Kiosk.StartAsync();
        const string id = "org.rust.weft.talker";
        string work = Directory.CreateDirectory(Path.Combine(kiosk.Daemon.Top, "rust")).FullName;
        string package = await Guests.CopyAsync(Guests.Id("component010"), work, id); // imports weft:app@0.1.0
        await File.AppendAllTextAsync(Path.Combine(package, "wapp.toml"), "\n[ui]\nentry = \"ui/index.html\"\n");
        Directory.CreateDirectory(Path.Combine(package, "ui"));
        await File.WriteAllTextAsync(Path.Combine(package, "ui/index.html"), RustPage);
        await File.WriteAllTextAsync(Path.Combine(package, "ui/style.css"), "body { color: rgb(1, 2, 3); }");
        await File.WriteAllTextAsync(Path.Combine(package, "ui/app.js"), "window.second = typeof weftIpc.send;");
        string keys = Directory.CreateDirectory(Path.Combine(kiosk.Daemon.Top, "config/weft/trusted-keys")).FullName;
        await File.WriteAllTextAsync(Path.Combine(keys, "rust.pub"), await ForeignSigner.SignAsync(package, work));

        // Signed by a trusted key: no development build, and a person approves what it may.
        await using ControlPeer peer = await kiosk.Daemon.SubscribeAsync();
        await peer.ExpectAsync("APPS_CHANGED", "INSTALL", new JsonObject { ["ref"] = package, ["approve"] = true });
        IFrame page = await kiosk.LaunchAsync(id);
        ulong session = await kiosk.FrontAsync();
        Assert.Equal("CSS1Compat", await page.EvaluateAsync<string>("() => document.compatMode"));
        Assert.Equal("Ärger 🧵", await page.EvaluateAsync<string>("() => document.title"));
        Assert.Equal("rgb(1, 2, 3)", await page.EvaluateAsync<string>("() => getComputedStyle(document.body).color"));
        Assert.Equal("function", await page.EvaluateAsync<string>("() => window.second"));

        // Early: set and used by the first script, long before there is a connection.
        await page.WaitForFunctionAsync("() => heard.includes('said by the first script')");
        await page.EvaluateAsync("() => weftIpc.send('ping')");
        await page.WaitForFunctionAsync("() => heard.includes('pong')");

        // Late: what comes while no handler is set waits for it, in order.
        await page.EvaluateAsync("() => { weftIpc.onmessage = null; weftIpc.send('1 Ω'); weftIpc.send('2 \"\\\\n'); weftIpc.send('3'); }");
        await peer.NextAsync("the third message", m => (string?)m["type"] == "IPC_MESSAGE" && (ulong?)m["session_id"] == session && (string?)m["payload"] == "3");
        await page.EvaluateAsync("() => { window.late = []; weftIpc.onmessage = text => late.push(text); }");
        await page.WaitForFunctionAsync("() => late.length === 3");
        Assert.Equal(["1 Ω", "2 \"\\n", "3"], await page.EvaluateAsync<string[]>("() => late"));

        // Over a reload it is the same origin, with the same guest.
        string origin = await page.EvaluateAsync<string>("() => location.origin");
        await page.EvaluateAsync("() => location.reload()");
        await page.WaitForFunctionAsync("() => typeof late === 'undefined' && heard.includes('said by the first script')");
        Assert.Equal(origin, await page.EvaluateAsync<string>("() => location.origin"));
        await kiosk.ShootAsync("rust-package");
    }

    [SkippableFact]
    public async Task A_page_whose_session_ends_is_told_and_asks_no_more()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IPage tab = await OpenAsync(kiosk);
        var closed = new TaskCompletionSource();
        tab.WebSocket += (_, socket) => socket.Close += (_, _) => closed.TrySetResult();
        await tab.ReloadAsync();
        await AskAsync(tab);
        await tab.EvaluateAsync("() => { window.warned = false; addEventListener('weftclosing', () => warned = true); }");
        await using ControlPeer peer = await kiosk.Daemon.ConnectAsync();
        await peer.ExpectAsync("APP_STATE", "TERMINATE_APP", new JsonObject { ["session_id"] = await kiosk.FrontAsync() });
        await tab.WaitForFunctionAsync(Ended);
        Assert.True(await tab.EvaluateAsync<bool>("() => warned"));
        await closed.Task.WaitAsync(ControlPeer.Patience);
    }

    [SkippableFact]
    public async Task A_page_that_missed_the_end_of_its_session_finds_out()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IPage tab = await OpenAsync(kiosk);
        await AskAsync(tab);
        int runtime;
        await using (ControlPeer peer = await kiosk.Daemon.ConnectAsync())
        {
            runtime = (int)(await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING"))["sessions"]![0]!["pid"]!;
        }

        await kiosk.Daemon.KillAsync();
        await Commands.SignalAsync(runtime, "KILL");
        await kiosk.Daemon.StartAgainAsync();
        await tab.WaitForFunctionAsync(Ended, null, new PageWaitForFunctionOptions { Timeout = 60_000, PollingInterval = 100 });
    }

    /// <summary>The app's page in a tab of its own, which the system UI does not take away.</summary>
    private static async Task<IPage> OpenAsync(Kiosk kiosk)
    {
        IFrame frame = await kiosk.LaunchAsync(Counter);
        IPage tab = await kiosk.Page.Context.NewPageAsync();
        await tab.GotoAsync(frame.Url);
        return tab;
    }

    /// <summary>Says something to the guest and waits for its answer.</summary>
    private static async Task AskAsync(IPage tab)
    {
        await tab.Locator("#increment").ClickAsync();
        await Assertions.Expect(tab.Locator("#count")).Not.ToHaveTextAsync("0");
    }
}
