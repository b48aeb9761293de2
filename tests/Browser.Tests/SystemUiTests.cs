using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>What a person does at the kiosk, in a real Chromium against published binaries.</summary>
public sealed class SystemUiTests
{
    private const string Counter = "com.example.counter";
    private const string Notes = "com.example.notes";
    private const string Clock = "com.example.clock";

    static SystemUiTests() => Assertions.SetDefaultExpectTimeout(60_000);

    [SkippableFact]
    public async Task A_tile_launches_the_app_and_its_page_talks_to_it()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame frame = await kiosk.LaunchAsync(Counter);
        for (int n = 1; n <= 3; n++)
        {
            await frame.Locator("#increment").ClickAsync();
            await Assertions.Expect(frame.Locator("#count")).ToHaveTextAsync($"{n}");
        }

        await kiosk.ShootAsync("counter");
        Assert.All(kiosk.AskedHosts, host => Assert.Matches(@"^([0-9a-z]+\.)?localhost:\d+$", host));
    }

    [SkippableFact]
    public async Task The_clock_comes_after_the_first_tile_and_moves_nothing()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        const string where = "document.querySelector('[aria-label=Settings]').getBoundingClientRect().x";
        await kiosk.Page.AddInitScriptAsync($$"""
            new MutationObserver((_, observer) => {
              if (!document.querySelector(".tile-open")) return;
              observer.disconnect();
              window.first = { clock: document.querySelector(".clock").textContent, settings: {{where}} };
            }).observe(document, { childList: true, subtree: true });
            """);
        await kiosk.Page.ReloadAsync();
        await Assertions.Expect(kiosk.Page.Locator(".clock")).Not.ToBeEmptyAsync();
        Assert.Equal("", await kiosk.Page.EvaluateAsync<string>("() => window.first.clock"));
        Assert.Equal(await kiosk.Page.EvaluateAsync<double>("() => window.first.settings"), await kiosk.Page.EvaluateAsync<double>($"() => {where}"));
    }

    [SkippableFact]
    public async Task Two_windows_stand_side_by_side_and_keep_what_they_show()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(width: 1280, height: 800, apps: [Counter, Notes]);
        IFrame counter = await kiosk.LaunchAsync(Counter);
        await counter.Locator("#increment").ClickAsync();
        await Assertions.Expect(counter.Locator("#count")).ToHaveTextAsync("1");
        await kiosk.Page.GetByRole(AriaRole.Button, new() { Name = "Home", Exact = true }).ClickAsync();
        await kiosk.LaunchAsync(Notes);
        await kiosk.Page.GetByRole(AriaRole.Button, new() { Name = "Show all windows side by side" }).Last.ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".window:visible")).ToHaveCountAsync(2);
        await kiosk.ShootAsync("side-by-side");
        // The frame was not loaded again: the page still shows its count.
        await Assertions.Expect(counter.Locator("#count")).ToHaveTextAsync("1");
    }

    [SkippableFact]
    public async Task An_app_that_dies_says_why_and_is_started_again()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        await kiosk.LaunchAsync(Counter);
        ulong session = await kiosk.FrontAsync();
        await using ControlPeer peer = await kiosk.Daemon.ConnectAsync();
        System.Text.Json.Nodes.JsonObject details = await peer.ExpectAsync("SESSION", "QUERY_SESSION", new() { ["session_id"] = session });
        await Commands.SignalAsync((int)details["pid"]!, "KILL");
        ILocator ended = kiosk.Page.Locator(".ended");
        await Assertions.Expect(ended).ToContainTextAsync("Counter crashed");
        await kiosk.CheckAsync("ended");
        await ended.GetByRole(AriaRole.Button, new() { Name = "What happened" }).ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator("dialog .timeline")).ToContainTextAsync("SIGKILL");
        await kiosk.ShootAsync("inspector-ended");
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await ended.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front] iframe")).ToBeVisibleAsync();
        Assert.NotEqual(session, await kiosk.FrontAsync());
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Counter");
    }

    [SkippableFact]
    public async Task The_page_comes_back_by_itself_after_a_crash_of_the_daemon_and_says_what_ended()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        await kiosk.LaunchAsync(Counter);
        await kiosk.Daemon.KillAsync();
        await Assertions.Expect(kiosk.Page.Locator(".connection")).ToHaveAttributeAsync("data-state", "offline");
        await kiosk.Daemon.StartAgainAsync();
        await Assertions.Expect(kiosk.Page.Locator(".connection")).ToHaveAttributeAsync("data-state", "online", new() { Timeout = 15_000 });
        await Assertions.Expect(kiosk.Page.Locator(".ended")).ToContainTextAsync("Counter was lost");
        await kiosk.ShootAsync("back-after-crash");
    }

    [SkippableFact]
    public async Task An_app_installed_from_the_command_line_appears()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync();
        await Assertions.Expect(kiosk.Page.GetByText("No apps yet")).ToBeVisibleAsync();
        await kiosk.CheckAsync("empty");
        await kiosk.Daemon.InstallAsync(Counter);
        await Assertions.Expect(kiosk.Page.Locator($".tile-open[data-app='{Counter}']")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task A_notification_is_shown_kept_and_dismissed()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Clock]);
        await NotifyAsync(kiosk);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+n");
        ILocator one = kiosk.Page.Locator(".notification").First;
        await Assertions.Expect(one).ToContainTextAsync("Clock");
        await kiosk.CheckAsync("notifications");
        await one.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".notification")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task A_notification_that_another_screen_was_faster_to_dismiss_goes_without_a_word()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Clock]);
        IPage other = await kiosk.Page.Context.NewPageAsync();
        var answered = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await other.RouteWebSocketAsync("**/appd", socket =>
        {
            IWebSocketRoute server = socket.ConnectToServer();
            socket.OnMessage(frame => server.Send(frame.Text!));
            server.OnMessage(frame =>
            {
                if (!frame.Text!.Contains("\"NOTIFICATION_DISMISSED\"", StringComparison.Ordinal)) // the news is still on its way
                {
                    socket.Send(frame.Text);
                }

                if (frame.Text.Contains("DISMISS:", StringComparison.Ordinal))
                {
                    answered.TrySetResult(frame.Text);
                }
            });
        });
        await other.GotoAsync(kiosk.Origin.ToString());
        await NotifyAsync(kiosk);
        foreach (IPage page in (IPage[])[other, kiosk.Page])
        {
            await page.Keyboard.PressAsync("Control+Alt+n");
            await Assertions.Expect(page.Locator(".notification")).ToHaveCountAsync(1);
        }

        foreach (IPage page in (IPage[])[kiosk.Page, other])
        {
            await page.Locator(".notification").GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
            await Assertions.Expect(page.Locator(".notification")).ToHaveCountAsync(0);
        }

        Assert.Contains("404", await answered.Task.WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
        await other.EvaluateAsync("() => new Promise(done => setTimeout(done))");
        Assert.Equal(0, await other.Locator(".toast[data-error]").CountAsync());
    }

    [SkippableFact]
    public async Task An_app_goes_back_to_the_version_before_where_there_is_one()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes]);
        string folder = await Guests.CopyAsync(Notes, Path.Combine(kiosk.Daemon.Top, "newer")), manifest = Path.Combine(folder, "wapp.toml");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"1.0.0\"", "\"1.1.0\"", StringComparison.Ordinal));
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+s");
        await kiosk.Page.Locator(".settings nav").GetByRole(AriaRole.Button, new() { Name = "Apps" }).ClickAsync();
        ILocator row = kiosk.Page.Locator("weft-settings-apps li").Filter(new() { HasText = "Notes" }), back = kiosk.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Back to ") });
        await Assertions.Expect(row).ToContainTextAsync("1.0.0");
        await Assertions.Expect(back).ToHaveCountAsync(0);
        await kiosk.Daemon.InstallFolderAsync(folder);
        await Assertions.Expect(row).ToContainTextAsync("1.1.0");
        await Assertions.Expect(back).ToHaveCountAsync(1);
        Assert.Matches("(?m)^com.example.notes +1.1.0 +1.0.0 +Notes ", (await kiosk.Daemon.WeftAsync("apps")).Success());
        await kiosk.CheckAsync("version-before");
        await back.And(kiosk.Page.GetByRole(AriaRole.Button, new() { Name = "Back to 1.0.0 of Notes" })).PressAsync("Enter");
        await Assertions.Expect(back).ToHaveCountAsync(0);
        await Assertions.Expect(row).Not.ToContainTextAsync("1.1.0");
    }

    [SkippableFact]
    public async Task An_app_with_new_rights_starts_only_after_a_person_approved_them()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync();
        string folder = await Guests.FolderAsync(Notes);
        (await kiosk.Daemon.WeftAsync("install", "--dev", folder)).Success();
        ILocator tile = kiosk.Page.Locator($".tile-open[data-app='{Notes}']");
        await Assertions.Expect(tile).ToContainTextAsync("Needs approval");
        await tile.ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator("dialog")).ToContainTextAsync("Keep data of its own on this machine");
        await kiosk.CheckAsync("approval");
        await kiosk.Page.GetByRole(AriaRole.Button, new() { Name = "Approve and open" }).ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front] iframe")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task Search_launch_switch_inspect_and_end_need_the_keyboard_only()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes, Clock]);
        IKeyboard keys = kiosk.Page.Keyboard;
        await TabToAsync(kiosk, "input[type=search]");
        await keys.TypeAsync("count");
        await Assertions.Expect(kiosk.Page.Locator(".tile")).ToHaveCountAsync(1);
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Counter");
        await keys.PressAsync("Control+Alt+h");
        await TabToAsync(kiosk, $".tile-open[data-app='{Notes}']");
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Notes");
        await keys.PressAsync("Control+Alt+w");
        await kiosk.CheckAsync("switcher");
        await Assertions.Expect(kiosk.Page.Locator(".card[data-front]")).ToBeFocusedAsync();
        await keys.PressAsync("ArrowLeft");
        await Assertions.Expect(kiosk.Page.Locator(".card:not([data-front])")).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Counter");
        await keys.PressAsync("Control+Alt+i");
        await Assertions.Expect(kiosk.Page.Locator("dialog .log")).ToBeVisibleAsync();
        await kiosk.CheckAsync("inspector");
        await TabToAsync(kiosk, "dialog .actions button");
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.Locator(".task")).ToHaveCountAsync(1);
        // The other one is ended where all windows are seen.
        await keys.PressAsync("Control+Alt+w");
        await TabToAsync(kiosk, ".card-close");
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.Locator(".task")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task The_keys_of_the_system_UI_work_while_a_page_has_the_focus()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IFrame page = await kiosk.LaunchAsync(Counter);
        await page.Locator("#increment").ClickAsync();
        await page.Locator("#increment").PressAsync("Control+Alt+w");
        await Assertions.Expect(kiosk.Page.Locator(".card[data-front]")).ToBeFocusedAsync();
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await page.Locator("#increment").PressAsync("Control+Alt+h");
        await Assertions.Expect(kiosk.Page.Locator(".launcher")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task Search_means_names_first_and_not_what_every_id_begins_with()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes, Clock]);
        ILocator names = kiosk.Page.Locator(".tile-name");
        ILocator field = kiosk.Page.GetByRole(AriaRole.Searchbox);
        await field.FillAsync("co");
        await Assertions.Expect(names.First).ToHaveTextAsync("Counter");
        await field.FillAsync("com");
        await Assertions.Expect(kiosk.Page.GetByText("Nothing is called “com”")).ToBeVisibleAsync();
        await field.FillAsync("com.example.notes");
        await Assertions.Expect(names).ToHaveTextAsync(["Notes"]);
        await field.PressAsync("Escape");
        await Assertions.Expect(names).ToHaveTextAsync(["Clock", "Counter", "Notes"]);
    }

    [SkippableFact]
    public async Task Three_fingers_show_all_windows_go_home_and_change_the_window()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter, Notes]);
        await using ControlPeer peer = await kiosk.Daemon.ConnectAsync();
        await kiosk.LaunchAsync(Counter);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        await kiosk.LaunchAsync(Notes);
        await SwipeAsync(peer, fingers: 3, dx: 120, dy: 10);
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToHaveAttributeAsync("aria-label", "Counter");
        await SwipeAsync(peer, fingers: 3, dx: 0, dy: -120);
        await Assertions.Expect(kiosk.Page.Locator("dialog .card")).ToHaveCountAsync(2);
        await SwipeAsync(peer, fingers: 3, dx: 0, dy: 120);
        await Assertions.Expect(kiosk.Page.Locator(".launcher")).ToBeVisibleAsync();
        // Two fingers belong to the page, and a short way is no swipe.
        await SwipeAsync(peer, fingers: 2, dx: 0, dy: -120);
        await SwipeAsync(peer, fingers: 3, dx: 0, dy: -20);
        await SwipeAsync(peer, fingers: 3, dx: -120, dy: 0);
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front]")).ToBeVisibleAsync();
        await Assertions.Expect(kiosk.Page.Locator("dialog")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task With_many_sessions_the_one_in_front_is_seen_in_the_taskbar()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        for (int session = 0; session < 12; session++)
        {
            (await kiosk.Daemon.WeftAsync("launch", Counter)).Success();
        }

        await Assertions.Expect(kiosk.Page.Locator(".task")).ToHaveCountAsync(12);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+ArrowLeft");
        await Assertions.Expect(kiosk.Page.Locator(".task").Last).ToHaveAttributeAsync("data-front", "");
        await Assertions.Expect(kiosk.Page.Locator(".task").Last).ToBeInViewportAsync(new() { Ratio = 0.95f });
        await Assertions.Expect(kiosk.Page.Locator(".task-show").Last).ToHaveAccessibleNameAsync("Counter 12 Running");
        await kiosk.CheckAsync("many-sessions");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+ArrowRight");
        await Assertions.Expect(kiosk.Page.Locator(".task").First).ToBeInViewportAsync(new() { Ratio = 0.95f });
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+t");
        await kiosk.CheckAsync("many-tiled");
    }

    [SkippableFact]
    public async Task The_inspector_draws_what_a_session_uses()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        await kiosk.LaunchAsync(Counter);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+i");
        ILocator memory = kiosk.Page.Locator(".graph").Filter(new() { HasText = "Memory" });
        await Assertions.Expect(memory).ToContainTextAsync("MiB");
        await Assertions.Expect(memory.Locator("polyline")).ToHaveCountAsync(1);
        await kiosk.ShootAsync("inspector-use");
    }

    [SkippableFact]
    public async Task A_person_ends_all_access_by_keyboard_and_comes_back_with_a_new_address_in_the_same_tab()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IKeyboard keys = kiosk.Page.Keyboard;
        await keys.PressAsync("Control+Alt+s");
        await TabToAsync(kiosk, ".settings nav button:nth-of-type(3)");
        await keys.PressAsync("Enter");
        await TabToAsync(kiosk, ".settings-page .actions button:not(.primary)");
        await keys.PressAsync("Enter");
        await TabToAsync(kiosk, "button.danger");
        await keys.PressAsync("Enter");
        await Assertions.Expect(kiosk.Page.GetByText("This screen is not signed in")).ToBeVisibleAsync();
        // Only the end of the address changes: the browser loads nothing again.
        string url = (await kiosk.Daemon.WeftAsync("ui")).Success().Trim();
        await kiosk.Page.EvaluateAsync("url => { location.href = url; }", url);
        await Assertions.Expect(kiosk.Page.Locator(".tile, .settings")).Not.ToHaveCountAsync(0);
        Assert.DoesNotContain("code", kiosk.Page.Url, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Who_wants_less_motion_gets_none()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync();
        const string Longest = """
            () => Math.max(...[...document.querySelectorAll("*")].map(one => getComputedStyle(one))
              .flatMap(style => [...style.transitionDuration.split(","), ...style.animationDuration.split(",")]).map(parseFloat))
            """;
        // No more than 200 ms, but for what turns as long as something is waited for.
        Assert.InRange(await kiosk.Page.EvaluateAsync<double>(Longest), 0.01, 0.2);
        await kiosk.Page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        Assert.InRange(await kiosk.Page.EvaluateAsync<double>(Longest), 0, 0.001);
    }

    [SkippableFact]
    public async Task A_browser_without_a_code_is_told_how_to_sign_in()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: [Counter]);
        IPage stranger = await (await kiosk.Browser.NewContextAsync()).NewPageAsync();
        await stranger.GotoAsync(kiosk.Origin.ToString());
        await Assertions.Expect(stranger.GetByText("This screen is not signed in")).ToBeVisibleAsync();
        await stranger.GetByLabel("Code").FillAsync("0123456789abcdef0123456789abcdef");
        await stranger.Keyboard.PressAsync("Enter");
        await Assertions.Expect(stranger.GetByRole(AriaRole.Alert)).ToContainTextAsync("weft ui");
        string code = new Uri((await kiosk.Daemon.WeftAsync("ui")).Success().Trim()).Fragment["#code=".Length..];
        await stranger.GetByLabel("Code").FillAsync(code);
        await stranger.Keyboard.PressAsync("Enter");
        await Assertions.Expect(stranger.Locator(".tile")).ToHaveCountAsync(1);
        // A reload is the same client again, without a code.
        await stranger.ReloadAsync();
        await Assertions.Expect(stranger.Locator(".tile")).ToHaveCountAsync(1);
    }

    private static Task<System.Text.Json.Nodes.JsonObject> SwipeAsync(ControlPeer peer, int fingers, double dx, double dy) =>
        peer.ExpectAsync("NAVIGATION_GESTURE", "PANEL_GESTURE", new() { ["gesture_type"] = 1, ["fingers"] = fingers, ["dx"] = dx, ["dy"] = dy });

    /// <summary>Presses Tab until what <paramref name="selector"/> names has the focus.</summary>
    private static async Task TabToAsync(Kiosk kiosk, string selector)
    {
        for (int presses = 0; presses < 60; presses++)
        {
            if (await kiosk.Page.EvaluateAsync<bool>("selector => document.activeElement?.matches(selector) ?? false", selector))
            {
                return;
            }

            await kiosk.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"Tab does not reach {selector}");
    }

    /// <summary>The clock's notification, when the screen shows it.</summary>
    private static async Task NotifyAsync(Kiosk kiosk)
    {
        await using ControlPeer peer = await kiosk.Daemon.SubscribeAsync();
        await kiosk.Page.Locator($".tile-open[data-app='{Clock}']").ClickAsync();
        ulong session = (ulong)(await peer.NextAsync("a session that runs", message => (string?)message["type"] == "APP_STATE" && (string?)message["state"] == "running"))["session_id"]!;
        await peer.ExpectAsync("APP_STATE", "IPC_FORWARD", new() { ["session_id"] = session, ["payload"] = "now" });
        await Assertions.Expect(kiosk.Page.Locator(".toast")).ToBeVisibleAsync();
    }
}
