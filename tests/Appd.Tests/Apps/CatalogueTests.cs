using Weft.Appd.Tests.Web;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Apps;

public sealed class CatalogueTests
{
    private const string App = "com.example.page";

    [Fact]
    public async Task Every_change_is_told_to_all_and_shown_by_the_next_snapshot()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (WebSocketClient client, Welcome welcome) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            Assert.Empty(welcome.Apps!);
            await fixture.OpenPageAsync("<p>");
            Assert.Equal((App, "1.0.0"), await ChangeAsync(client));
            AppInfo app = (await LastAsync<InstalledApps>(client, new QueryInstalledApps())).Apps.Single();
            Assert.Equal((App, AppSource.Development, false, null), (app.AppId, app.Source, app.Trusted, app.NeedsApproval));
            await fixture.Catalogue.UninstallAsync(App, purgeData: false, (_, _, _) => { }, default);
            Assert.Equal((App, null), await ChangeAsync(client));
            Assert.Empty((await LastAsync<InstalledApps>(client, new QueryInstalledApps())).Apps);
        }
    }

    [Fact]
    public async Task What_changed_behind_the_daemons_back_is_found_by_the_next_look()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        await fixture.OpenPageAsync("<p>");
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            await fixture.Store.UninstallAsync(AppId.Parse(App), purgeData: false, default);
            await fixture.Catalogue.RefreshAsync(default);
            Assert.Equal((App, null), await ChangeAsync(client));
        }
    }

    [Fact]
    public async Task However_many_ask_one_look_is_under_way_and_one_waits()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        Task first, second;
        lock (fixture.Announcements.Gate)
        {
            // A look tells under the gate what it saw, so the first one is stuck as soon as it has begun.
            first = fixture.Catalogue.RefreshAsync(default);
            Assert.True(SpinWait.SpinUntil(() => fixture.Catalogue.RefreshAsync(default) != first, TimeSpan.FromSeconds(60)));
            second = fixture.Catalogue.RefreshAsync(default);
            for (int i = 0; i < 64; i++)
            {
                Assert.Same(second, fixture.Catalogue.RefreshAsync(default));
            }

            Assert.False(first.IsCompleted);
        }

        await second;
        Assert.True(first.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task What_a_change_did_before_it_failed_is_told_too()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        await fixture.OpenPageAsync("<p>");
        (WebSocketClient client, _) = await fixture.SignInAsync(ClientRole.System, fixture.SystemToken);
        using (client)
        {
            // The record of approvals goes last, and what lies in its place cannot be removed.
            Directory.CreateDirectory(Path.Combine(fixture.Folder, "state/approvals", App + ".json", "x"));
            LinuxException failed = await Assert.ThrowsAsync<LinuxException>(() => fixture.Catalogue.UninstallAsync(App, purgeData: false, (_, _, _) => { }, default));
            Assert.Contains(App, failed.Message, StringComparison.Ordinal);
            Assert.False(Path.Exists(Path.Combine(fixture.Folder, "apps", App)));
            Assert.Equal((App, null), await ChangeAsync(client));
        }
    }

    [Theory]
    [InlineData("relative/path", 400)]
    [InlineData("/no/such/package", 404)]
    [InlineData("/dev/null", 400)]
    public async Task A_bad_package_is_refused_with_its_code(string reference, int code)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        ControlException refused = await Assert.ThrowsAsync<ControlException>(() => fixture.Catalogue.InstallAsync(reference, true, false, (_, _, _) => { }, default));
        Assert.Equal(code, refused.Code);
        Assert.StartsWith($"INSTALL {reference}: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_404_and_a_text_that_is_no_id_400()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.Catalogue.UninstallAsync("a.b.c", false, (_, _, _) => { }, default))).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.Catalogue.RollbackAsync("a.b.c", default))).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<ControlException>(() => fixture.Catalogue.ApproveAsync("a.b.c", default))).Code);
        Assert.Equal(404, Assert.Throws<ControlException>(() => fixture.Catalogue.OpenForLaunch(AppId.Parse("a.b.c"))).Code);
        Assert.Throws<ControlException>(() => { _ = fixture.Catalogue.RollbackAsync("../etc", default); });
    }

    private static async Task<(string App, string? Version)> ChangeAsync(WebSocketClient client)
    {
        while (true)
        {
            if ((await client.TryReceiveAsync())!.Reply is AppsChanged changed)
            {
                return (changed.AppId, changed.Version);
            }
        }
    }

    /// <summary>The reply, past broadcasts of other things.</summary>
    private static async Task<T> LastAsync<T>(WebSocketClient client, ControlRequest request)
        where T : ControlReply
    {
        await client.SendAsync(request, seq: 99);
        while (true)
        {
            ReceivedReply received = (await client.TryReceiveAsync())!;
            if (received.Re == 99)
            {
                return (T)received.Reply!;
            }
        }
    }
}
