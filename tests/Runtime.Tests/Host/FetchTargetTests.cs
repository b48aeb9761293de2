using System.Text;
using Weft.Core.Apps;
using Weft.Runtime.Host;

namespace Runtime.Tests.Host;

public sealed class FetchTargetTests
{
    [Fact]
    public void A_request_is_written_as_it_is_meant()
    {
        FetchTarget target = Check("http://Example.com/a b?q=ü#part", "POST", [new("X-Own", " value "), new("x-own", "second")], "body", "net:fetch:example.com");
        Assert.Equal(("example.com", 80, false, "net:fetch:example.com"), (target.Host, target.Port, target.IsSecure, target.Grant.Text));
        Assert.Equal(
            "POST /a%20b?q=%C3%BC HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\nX-Own: value\r\nx-own: second\r\n"
            + "user-agent: Weft\r\naccept: */*\r\naccept-encoding: identity\r\ncontent-length: 4\r\n\r\n", Encoding.Latin1.GetString(target.Head));
    }

    [Theory]
    [InlineData("https://example.com/", "example.com")]
    [InlineData("https://example.com:443/", "example.com")]
    [InlineData("https://example.com:8443/", "example.com:8443")]
    [InlineData("http://example.com:443/", "example.com:443")]
    [InlineData("http://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443")]
    [InlineData("http://müller.example:8443/", "xn--mller-kva.example:8443")]
    public void The_host_header_is_the_urls(string url, string host)
        => Assert.Contains($"\r\nhost: {host}\r\n", Encoding.Latin1.GetString(Check(url, "GET", [], null, "net:fetch:*", "net:fetch:*:8443").Head), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "is no http or https URL")]
    [InlineData("/relative", "is no http or https URL")]
    [InlineData("ftp://example.com/", "is no http or https URL")]
    [InlineData("file:///etc/passwd", "is no http or https URL")]
    [InlineData("http://", "is no http or https URL")]
    [InlineData("http://a:b@example.com/", "send an authorization header instead")]
    [InlineData("http://example.com:0/", "port 0 cannot be connected to")]
    [InlineData("http://example.com:65536/", "is no http or https URL")]
    public void A_url_that_is_none_is_refused(string url, string message)
        => AssertInvalid(message, () => Check(url, "GET", [], null, "net:fetch:*"));

    [Theory]
    [InlineData("http://m\uFDD0ller.example/")]
    [InlineData("http://a\u200B.example\uFFFE/")]
    [InlineData("http://a\U0001FFFE.example/")]
    [InlineData("http://exam\u00ADple.com/")]
    [InlineData("http://\uE000.example/")]
    [InlineData("http://exa\u202Emple.com:80/")]
    [InlineData("http://xn--\u00e9/")]
    [InlineData("http://a%41.example/")]
    [InlineData("http://a|b.example/")]
    public void A_host_that_no_name_can_have_is_refused(string url)
        => AssertInvalid("is no http or https URL", () => Check(url, "GET", [], null, "net:fetch:*"));

    [Theory]
    [InlineData("")]
    [InlineData("GET /\r\nX: y")]
    [InlineData("CONNECT")]
    [InlineData("TRACE")]
    [InlineData("GÉT")]
    public void A_method_that_is_none_is_refused(string method)
        => AssertInvalid("is not sent", () => Check("http://example.com/", method, [], null, "net:fetch:*"));

    [Theory]
    [InlineData("Host")]
    [InlineData("host")]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Upgrade")]
    [InlineData("Expect")]
    public void Headers_of_the_connection_are_refused(string name)
        => AssertInvalid($"header '{name}' is Weft's to send", () => Check("http://example.com/", "GET", [new(name, "x")], null, "net:fetch:*"));

    [Theory]
    [InlineData("a b", "x", "is no name of a header")]
    [InlineData("", "x", "is no name of a header")]
    [InlineData("a\r\nhost", "x", "is no name of a header")]
    [InlineData("a:", "x", "is no name of a header")]
    [InlineData("a", "x\r\nhost: evil", "a character that no header can have")]
    [InlineData("a", "x\0", "a character that no header can have")]
    [InlineData("a", "\u010D\u010A", "a character that no header can have")]
    [InlineData("content-length", "5", "is not the body's length")]
    [InlineData("Content-Length", "4, 4", "is not the body's length")]
    public void Headers_that_would_end_the_head_are_refused(string name, string value, string message)
        => AssertInvalid(message, () => Check("http://example.com/", "POST", [new(name, value)], "body", "net:fetch:*"));

    [Theory]
    [InlineData("http://example.com/", "net:fetch:other.com", "net:fetch:example.com")]
    [InlineData("https://example.com/", "net:fetch:sub.example.com", "net:fetch:example.com")]
    [InlineData("https://sub.example.com/", "net:fetch:example.com", "net:fetch:sub.example.com")]
    [InlineData("http://example.com:8080/", "net:fetch:example.com", "net:fetch:example.com:8080")]
    [InlineData("http://example.com:8080/", "net:fetch:*", "net:fetch:example.com:8080")]
    [InlineData("http://example.com/", "net:fetch:example.com:8080", "net:fetch:example.com")]
    [InlineData("https://example.com/", "net:fetch:*:8443", "net:fetch:example.com")]
    [InlineData("http://example.com/", "net:fetch:local", "net:fetch:example.com")]
    [InlineData("http://example.com.evil.org/", "net:fetch:example.com", "net:fetch:example.com.evil.org")]
    public void What_no_grant_names_is_refused_with_the_one_that_would(string url, string grant, string needed)
    {
        FetchException error = Assert.Throws<FetchException>(() => Check(url, "GET", [], null, grant));
        Assert.Equal((FetchFailure.NotGranted, needed), (error.Failure, error.Capability));
    }

    [Theory]
    [InlineData("http://example.com/", "net:fetch:*")]
    [InlineData("https://example.com/", "net:fetch:*")]
    [InlineData("https://EXAMPLE.com:8443/", "net:fetch:*:8443")]
    [InlineData("http://example.com:8443/", "net:fetch:example.com:8443")]
    [InlineData("http://93.184.216.34/", "net:fetch:93.184.216.34")]
    [InlineData("http://[2606:4700:0::1111]/", "net:fetch:[2606:4700::1111]")]
    public void What_a_grant_names_is_allowed(string url, string grant) => Assert.Equal(grant, Check(url, "GET", [], null, grant).Grant.Text);

    [Theory]
    [InlineData("http://2130706433/", "127.0.0.1")]
    [InlineData("http://0x7f.1/", "127.0.0.1")]
    [InlineData("http://127.1/", "127.0.0.1")]
    [InlineData("http://[::ffff:7f00:1]/", "::ffff:127.0.0.1")]
    public void An_address_in_disguise_is_an_address(string url, string address)
        => Assert.Equal(address, Check(url, "GET", [], null, "net:fetch:*").Address!.ToString());

    [Fact]
    public void What_is_too_large_is_not_sent()
    {
        Assert.Equal(FetchFailure.TooLarge, Assert.Throws<FetchException>(() => Check("http://example.com/", "POST", [], new string('x', (16 << 20) + 1), "net:fetch:*")).Failure);
        Assert.Equal(FetchFailure.TooLarge, Assert.Throws<FetchException>(() => Check("http://example.com/", "GET", [new("a", new string('x', 64 << 10))], null, "net:fetch:*")).Failure);
    }

    private static FetchTarget Check(string url, string method, KeyValuePair<string, string>[] headers, string? body, params string[] grants)
        => FetchTarget.Check(new FetchRequest(url, method, headers, body is null ? null : Encoding.UTF8.GetBytes(body)), [.. grants.Select(Capability.Parse)], new FetchLimits());

    private static void AssertInvalid(string message, Func<FetchTarget> check)
    {
        FetchException error = Assert.Throws<FetchException>(check);
        Assert.Equal(FetchFailure.Invalid, error.Failure);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
