using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Web;

public sealed class HttpDoorTests
{
    // HOST stands for the right Host header's value.
    public static TheoryData<string, string, int> Malformed => new()
    {
        { "a foreign host", "GET / HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", 403 },
        { "the right name without the port", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 403 },
        { "the right name in another case", "GET / HTTP/1.1\r\nHost: LocalHost:PORT\r\n\r\n", 403 },
        { "a name that only ends like ours", "GET / HTTP/1.1\r\nHost: evil.localhost.example:PORT\r\n\r\n", 403 },
        { "two labels", "GET / HTTP/1.1\r\nHost: a.b.localhost:PORT\r\n\r\n", 403 },
        { "a label of nobody", "GET / HTTP/1.1\r\nHost: 0123456789abcdef.localhost:PORT\r\n\r\n", 404 },
        { "no host", "GET / HTTP/1.1\r\n\r\n", 400 },
        { "two hosts", "GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n", 400 },
        { "another path on the loopback address", "GET /shell.js HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 403 },
        { "the socket on the loopback address", "GET /appd HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 403 },
        { "TRACE", "TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n", 405 },
        { "POST of a page", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n", 405 },
        { "a preflight", "OPTIONS /appd HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", 405 },
        { "GET of the bootstrap", "GET /auth/bootstrap HTTP/1.1\r\nHost: HOST\r\n\r\n", 405 },
        { "bootstrap from another origin", "POST /auth/bootstrap HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}", 403 },
        { "bootstrap without a code", "POST /auth/bootstrap HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n{}", 401 },
        { "bootstrap that is no JSON", "POST /auth/bootstrap HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\ncode", 400 },
        { "bootstrap of a megabyte", "POST /auth/bootstrap HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1048576\r\n\r\n{", 413 },
        { "headers of 100 KiB", $"GET / HTTP/1.1\r\nHost: HOST\r\nX: {new string('x', 100 * 1024)}\r\n\r\n", 431 },
        { "a request line of 100 KiB", $"GET /{new string('x', 100 * 1024)} HTTP/1.1\r\nHost: HOST\r\n\r\n", 414 },
        { "a path upwards", "GET /../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 404 },
        { "an encoded path upwards", "GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 404 },
        { "a doubly encoded path upwards", "GET /%252e%252e/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 404 },
        { "a NUL in the path", "GET /%00 HTTP/1.1\r\nHost: HOST\r\n\r\n", 400 },
        { "garbage", "\0\x01\x02\x03\r\n\r\n", 400 },
        { "HTTP/9", "GET / HTTP/9.9\r\nHost: HOST\r\n\r\n", 505 },
        { "the socket without an upgrade", "GET /appd HTTP/1.1\r\nHost: HOST\r\n\r\n", 426 },
        { "a WebSocket of version 8", "GET /appd HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 426 },
        { "a WebSocket with a short key", "GET /appd HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n", 400 },
        { "a WebSocket from another origin", "GET /appd HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 403 },
        { "a WebSocket from a sandboxed page", "GET /appd HTTP/1.1\r\nHost: HOST\r\nOrigin: null\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 403 },
        { "a WebSocket from a page of nobody", "GET /appd HTTP/1.1\r\nHost: HOST\r\nOrigin: http://abc.localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 403 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_HTTP_is_answered_within_a_second(string what, string request, int status)
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        string text = request.Replace("HOST", $"localhost:{fixture.Port}", StringComparison.Ordinal).Replace("PORT", $"{fixture.Port}", StringComparison.Ordinal);
        long begun = Stopwatch.GetTimestamp();
        string answer = await fixture.RawAsync(text);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1), what);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);

        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"{fixture.Origin}/")).StatusCode);
    }

    [Fact]
    public async Task A_loopback_address_is_redirected_to_the_name()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        string answer = await fixture.RawAsync($"GET / HTTP/1.1\r\nHost: 127.0.0.1:{fixture.Port}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 302 ", answer, StringComparison.Ordinal);
        Assert.Contains($"Location: {fixture.Origin}/\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_system_UI_is_served_with_its_policy_and_known_again_by_its_tag()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        using var http = new HttpClient();
        HttpResponseMessage page = await http.GetAsync($"{fixture.Origin}/");
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains($"frame-src http://*.localhost:{fixture.Port};", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());

        using var again = new HttpRequestMessage(HttpMethod.Get, $"{fixture.Origin}/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again)).StatusCode);
        Assert.Equal("text/javascript; charset=utf-8", (await http.GetAsync($"{fixture.Origin}/shell.js")).Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task A_code_is_good_once_and_its_credential_signs_in()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        TokenReply minted = fixture.Server.Credentials.Mint(ClientRole.System, null, once: true);
        Assert.Equal($"{fixture.Origin}/#code={minted.Token}", minted.Url);
        using var http = new HttpClient();
        HttpResponseMessage first = await http.PostAsync($"{fixture.Origin}/auth/bootstrap", new StringContent($"{{\"code\":\"{minted.Token}\"}}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        string credential = (await first.Content.ReadFromJsonAsync<Dictionary<string, string>>())!["credential"];
        HttpResponseMessage second = await http.PostAsync($"{fixture.Origin}/auth/bootstrap", new StringContent($"{{\"code\":\"{minted.Token}\"}}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
        (WebSocketClient client, Welcome welcome) = await fixture.SignInAsync(ClientRole.System, credential, fixture.Origin);
        using (client)
        {
            Assert.NotNull(welcome.Credential);
            Assert.NotEqual(credential, welcome.Credential);
        }
    }

    [Fact]
    public async Task Icons_are_pictures_that_can_do_nothing()
    {
        await using WebFixture fixture = await WebFixture.StartAsync();
        await fixture.OpenPageAsync("<p>");
        AppInfo app;
        lock (fixture.Announcements.Gate)
        {
            app = fixture.Catalogue.Known().Single();
        }

        using var http = new HttpClient();
        HttpResponseMessage icon = await http.GetAsync(fixture.Origin + app.IconUrl);
        Assert.Equal("image/svg+xml", icon.Content.Headers.ContentType!.ToString());
        Assert.Contains("sandbox", icon.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{fixture.Origin}/icons/com.example.none/00")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{fixture.Origin}/icons/../../etc/00")).StatusCode);
    }
}
