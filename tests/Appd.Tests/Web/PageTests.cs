using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Weft.Appd.Web;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Web;

public sealed partial class PageTests
{
    private const string Html = "<!doctype html><html lang=en><head><meta charset=utf-8><script>first()</script></head></html>";

    [Theory]
    [InlineData("<!doctype html><html><head><script>x</script>", "<!doctype html><html><head>")]
    [InlineData("<!DOCTYPE html>\n<script>x</script>", "<!DOCTYPE html>")]
    [InlineData("<script>x</script>", "")]
    [InlineData("", "")]
    [InlineData("text", "")]
    [InlineData("<!-- a --><!doctype html>\n<!-- <script>no</script> -->\n<html data-x=\"a>b\"><HEAD class='>'><title>", "<!-- a --><!doctype html>\n<!-- <script>no</script> -->\n<html data-x=\"a>b\"><HEAD class='>'>")]
    [InlineData("<!doctype html><header>h</header>", "<!doctype html>")]
    [InlineData("<!doctype html><!-- open", "<!doctype html>")]
    [InlineData("<!doctype html><html", "<!doctype html>")]
    [InlineData("\uFEFF<!doctype html><body><script>", "\uFEFF<!doctype html>")]
    public void The_bridge_stands_before_every_script_and_behind_the_doctype(string html, string before) =>
        Assert.Equal(Encoding.UTF8.GetByteCount(before), HtmlBridge.Place(Encoding.UTF8.GetBytes(html)));

    [Theory]
    [InlineData("<meta charset=\"iso-8859-2\">", "text/html; charset=iso-8859-2")]
    [InlineData("<meta http-equiv=content-type content='text/html; charset=windows-1250'>", "text/html; charset=windows-1250")]
    [InlineData("<p>", "text/html; charset=utf-8")]
    [InlineData("<meta charset=\"\r\nX: y\">", "text/html; charset=utf-8")]
    public void The_charset_of_the_page_is_kept(string html, string type) => Assert.Equal(type, HtmlBridge.ContentType(Encoding.UTF8.GetBytes(html)));

    [Fact]
    public async Task A_page_is_served_from_its_own_origin_with_its_policy_and_the_bridge()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (SessionId session, Uri page) = await fixture.OpenPageAsync(Html);
        HttpResponseMessage answer = await GetAsync(fixture, page, "/");
        string text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("<!doctype html><html lang=en><head><script>(()=>{const token=\"", text, StringComparison.Ordinal);
        Assert.Contains($"session={session},", text, StringComparison.Ordinal);
        Assert.Equal(
            $"default-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://localhost:{fixture.Port}; frame-ancestors http://localhost:{fixture.Port}",
            answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData("/app.js", 200, "text/javascript; charset=utf-8")]
    [InlineData("/style.css", 200, "text/css; charset=utf-8")]
    [InlineData("/sub/", 200, "text/html; charset=utf-8")]
    [InlineData("/odd.xyz", 200, "application/octet-stream")]
    [InlineData("/none", 404, "text/plain; charset=utf-8")]
    [InlineData("/../wapp.toml", 404, "text/plain; charset=utf-8")]
    [InlineData("/%2e%2e/wapp.toml", 404, "text/plain; charset=utf-8")]
    [InlineData("/..%2fwapp.toml", 404, "text/plain; charset=utf-8")]
    [InlineData("//etc/passwd", 404, "text/plain; charset=utf-8")]
    [InlineData("/sub", 404, "text/plain; charset=utf-8")]
    public async Task Files_beside_the_entry_are_served_and_nothing_else(string path, int status, string type)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (_, Uri page) = await fixture.OpenPageAsync(Html, ("app.js", "1"), ("style.css", "a{}"), ("sub/index.html", "<p>"), ("odd.xyz", "x"));
        string answer = await fixture.RawAsync($"GET {path} HTTP/1.1\r\nHost: {page.Authority}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains($"Content-Type: {type}\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("X-Content-Type-Options: nosniff\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bytes=0-3", 206, "0123", "bytes 0-3/10")]
    [InlineData("bytes=8-", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=-2", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=5-100", 206, "56789", "bytes 5-9/10")]
    [InlineData("bytes=10-", 416, "", "bytes */10")]
    [InlineData("bytes=0-1,4-5", 200, "0123456789", null)]
    public async Task Ranges_are_answered(string range, int status, string body, string? contentRange)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (_, Uri page) = await fixture.OpenPageAsync(Html, ("data.bin", "0123456789"));
        HttpResponseMessage answer = await GetAsync(fixture, page, "/data.bin", ("Range", range));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(body, await answer.Content.ReadAsStringAsync());
        Assert.Equal(contentRange, answer.Content.Headers.ContentRange?.ToString());
        HttpResponseMessage known = await GetAsync(fixture, page, "/data.bin", ("If-None-Match", answer.Headers.ETag?.ToString() ?? "*"));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Fact]
    public async Task A_page_keeps_its_revision_when_another_version_is_installed()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (_, Uri old) = await fixture.OpenPageAsync(Html, ("version.txt", "one"));
        (_, Uri now) = await fixture.OpenPageAsync(Html, ("version.txt", "two"));
        Assert.Equal("one", await (await GetAsync(fixture, old, "/version.txt")).Content.ReadAsStringAsync());
        Assert.Equal("two", await (await GetAsync(fixture, now, "/version.txt")).Content.ReadAsStringAsync());
        Assert.NotEqual(old.Host, now.Host);
    }

    [Fact]
    public async Task Origin_and_token_of_a_page_outlive_a_restart_and_end_with_the_session()
    {
        await using WebFixture first = await WebFixture.StartAsync();
        (SessionId session, Uri page) = await first.OpenPageAsync(Html);
        string token = await TokenAsync(first, page);
        int port = first.Port;
        await first.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(first.Folder, "appd.wsport"), $"{port}\n");

        WebFixture second = await WebFixture.StartAsync(folder: first.Folder);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(second, page, "/")).StatusCode);
        Assert.Equal(page, second.Reopen(session));
        Assert.Equal(token, await TokenAsync(second, page));
        lock (second.Announcements.Gate)
        {
            second.Server.Pages.Close(session);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(second, page, "/")).StatusCode);
        await second.StopAsync();
    }

    [Fact]
    public async Task A_page_talks_to_its_own_guest_and_nobody_else()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        (SessionId session, Uri page) = await fixture.OpenPageAsync(Html);
        (SessionId other, Uri otherPage) = await fixture.LaunchAsync();
        string token = await TokenAsync(fixture, page);
        string origin = $"http://{page.Authority}";

        // What the guest says before its page is there waits for it.
        Say(fixture, session, "early");
        using WebSocketClient client = await fixture.ConnectAsync(origin);
        Welcome welcome = await client.AskAsync<Welcome>(new Hello { Role = ClientRole.App, SessionId = session, Token = token });
        Assert.Null(welcome.Sessions);
        Assert.Null(welcome.ResumeKey);
        Assert.Equal("early", (await client.ReceiveAsync<PageMessage>()).Payload);
        Say(fixture, other, "not for you");
        Say(fixture, session, "hello");
        Assert.Equal("hello", (await client.ReceiveAsync<PageMessage>()).Payload);

        await client.SendAsync(new AppMessage { Payload = "from the page" });
        Assert.Equal(403, (await client.AskAsync<ErrorReply>(new QueryRunning())).Code);
        Assert.Equal(403, (await client.AskAsync<ErrorReply>(new TerminateApp { SessionId = other })).Code);
        Assert.Equal(["from the page"], fixture.Sessions.Forwarded);

        // Another session's page, the UI's origin and a page that asks for more.
        Assert.Equal(401, await RefusalAsync(fixture, $"http://{otherPage.Authority}", new Hello { Role = ClientRole.App, SessionId = session, Token = token }));
        Assert.Equal(401, await RefusalAsync(fixture, fixture.Origin, new Hello { Role = ClientRole.App, SessionId = session, Token = token }));
        Assert.Equal(401, await RefusalAsync(fixture, null, new Hello { Role = ClientRole.App, SessionId = session, Token = token }));
        Assert.Equal(401, await RefusalAsync(fixture, origin, new Hello { Role = ClientRole.App, SessionId = other, Token = token }));
        Assert.Equal(403, await RefusalAsync(fixture, origin, new Hello { Role = ClientRole.System, Token = fixture.SystemToken }));

        // The end: what was said before it arrives, and then a word that this is for good.
        Say(fixture, session, "last");
        await fixture.Sessions.TerminateAsync(session, false, null, default);
        Assert.Equal("last", (await client.ReceiveAsync<PageMessage>()).Payload);
        Assert.Equal(1000, await client.CloseCodeAsync());
        Assert.Equal("the session has ended", client.Socket.CloseStatusDescription);
    }

    private static async Task<int> RefusalAsync(WebFixture fixture, string? origin, Hello hello)
    {
        using WebSocketClient client = await fixture.ConnectAsync(origin);
        int code = (await client.AskAsync<ErrorReply>(hello)).Code;
        Assert.Equal(1008, await client.CloseCodeAsync());
        return code;
    }

    private static void Say(WebFixture fixture, SessionId session, string text)
    {
        lock (fixture.Announcements.Gate)
        {
            fixture.Announcements.Publish(new IpcMessage { SessionId = session, Payload = text });
        }
    }

    private static async Task<string> TokenAsync(WebFixture fixture, Uri page) =>
        TokenInScript().Match(await (await GetAsync(fixture, page, "/")).Content.ReadAsStringAsync()).Groups[1].Value;

    // Not every resolver knows *.localhost, so the name goes into the header alone.
    private static async Task<HttpResponseMessage> GetAsync(WebFixture fixture, Uri page, string path, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{fixture.Port}{path}");
        request.Headers.Host = page.Authority;
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }

    [GeneratedRegex("const token=\"([0-9a-f]{32})\"")]
    private static partial Regex TokenInScript();
}
