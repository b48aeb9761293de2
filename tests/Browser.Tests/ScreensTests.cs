using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>Every screen there is, at the smallest size and in both themes: nothing that axe finds, nothing that scrolls sideways, nothing asked elsewhere.</summary>
public sealed class ScreensTests
{
    private const string Counter = "com.example.counter";
    private const string Notes = "com.example.notes";
    private const string Clock = "com.example.clock";

    static ScreensTests() => Assertions.SetDefaultExpectTimeout(60_000);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Home_windows_and_settings(bool dark)
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(dark, apps: [Counter, Notes, Clock]);
        string theme = Theme(dark);
        await Assertions.Expect(kiosk.Page.Locator(".tile")).ToHaveCountAsync(3);
        await kiosk.CheckAsync(theme + "-home");
        await kiosk.Page.GetByRole(AriaRole.Searchbox).FillAsync("nothing is called this");
        await kiosk.CheckAsync(theme + "-search-none");
        await kiosk.Page.GetByRole(AriaRole.Searchbox).FillAsync("");
        await kiosk.Page.GetByRole(AriaRole.Button, new() { Name = "About Notes" }).ClickAsync();
        await kiosk.CheckAsync(theme + "-app");
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await kiosk.LaunchAsync(Counter);
        await kiosk.CheckAsync(theme + "-window");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        await kiosk.LaunchAsync(Notes);
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+t");
        await kiosk.CheckAsync(theme + "-tiled");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+w");
        await Assertions.Expect(kiosk.Page.Locator(".card")).ToHaveCountAsync(2);
        await kiosk.CheckAsync(theme + "-switcher");
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+i");
        await Assertions.Expect(kiosk.Page.Locator("dialog .log")).ToHaveCountAsync(1);
        await kiosk.CheckAsync(theme + "-inspector");
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+s");
        foreach (string section in (string[])["Apps", "System", "Access", "About"])
        {
            await kiosk.Page.Locator(".settings nav").GetByRole(AriaRole.Button, new() { Name = section }).ClickAsync();
            await Assertions.Expect(kiosk.Page.Locator(".settings-page .spinner")).ToHaveCountAsync(0);
            await kiosk.CheckAsync($"{theme}-settings-{section.ToLowerInvariant()}");
        }

        Assert.All(kiosk.AskedHosts, host => Assert.Matches(@"^([0-9a-z]+\.)?localhost:\d+$", host));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_waits_what_asks_and_what_went_wrong(bool dark)
    {
        string never = Guests.Id("never_ready");
        await using Kiosk kiosk = await Kiosk.StartAsync(dark, apps: [Clock, never]);
        string theme = Theme(dark);
        (await kiosk.Daemon.WeftAsync("install", "--dev", await Guests.FolderAsync(Notes))).Success();
        await kiosk.Page.Locator($".tile-open[data-app='{Notes}']").ClickAsync();
        await kiosk.CheckAsync(theme + "-approval");
        await kiosk.Page.Keyboard.PressAsync("Escape");

        await kiosk.Page.Locator($".tile-open[data-app='{never}']").ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front] .splash .spinner")).ToBeVisibleAsync();
        await kiosk.CheckAsync(theme + "-splash");
        await using ControlPeer peer = await kiosk.Daemon.ConnectAsync();
        System.Text.Json.Nodes.JsonObject details = await peer.ExpectAsync("SESSION", "QUERY_SESSION", new() { ["session_id"] = await kiosk.FrontAsync() });
        await Commands.SignalAsync((int)details["pid"]!, "KILL");
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front] .ended button.primary")).ToBeVisibleAsync();
        await kiosk.CheckAsync(theme + "-ended");

        await kiosk.Page.Keyboard.PressAsync("Control+Alt+n");
        await Assertions.Expect(kiosk.Page.GetByText("Nothing new.")).ToBeVisibleAsync();
        await kiosk.CheckAsync(theme + "-notifications-none");
        await kiosk.Page.Keyboard.PressAsync("Escape");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+h");
        await kiosk.Page.Locator($".tile-open[data-app='{Clock}']").ClickAsync();
        await Assertions.Expect(kiosk.Page.Locator(".window[data-front][data-state=running]")).ToBeVisibleAsync();
        await peer.ExpectAsync("APP_STATE", "IPC_FORWARD", new() { ["session_id"] = await kiosk.FrontAsync(), ["payload"] = "now" });
        await Assertions.Expect(kiosk.Page.Locator(".toast .icon")).ToBeVisibleAsync();
        await kiosk.CheckAsync(theme + "-toast");
        await kiosk.Page.Keyboard.PressAsync("Control+Alt+n");
        await Assertions.Expect(kiosk.Page.Locator(".toast")).ToHaveCountAsync(0);
        await kiosk.CheckAsync(theme + "-notifications");
        await kiosk.Page.Keyboard.PressAsync("Escape");

        await kiosk.Daemon.KillAsync();
        await Assertions.Expect(kiosk.Page.Locator(".connection")).ToHaveAttributeAsync("data-state", "offline");
        await kiosk.CheckAsync(theme + "-offline");
        await kiosk.Daemon.StartAgainAsync();
        await Assertions.Expect(kiosk.Page.Locator(".connection")).ToHaveAttributeAsync("data-state", "online");
        await kiosk.Page.EvaluateAsync("() => localStorage.clear()");
        await kiosk.Page.ReloadAsync();
        await Assertions.Expect(kiosk.Page.GetByText("This screen is not signed in")).ToBeVisibleAsync();
        await kiosk.CheckAsync(theme + "-sign-in");
        Assert.All(kiosk.AskedHosts, host => Assert.Matches(@"^([0-9a-z]+\.)?localhost:\d+$", host));
    }

    private static string Theme(bool dark) => dark ? "dark" : "light";
}
