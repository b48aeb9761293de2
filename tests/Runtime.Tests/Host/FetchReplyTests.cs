using System.Text;
using Weft.Runtime.Host;

namespace Runtime.Tests.Host;

public sealed class FetchReplyTests
{
    private static readonly FetchLimits Limits = new() { Body = 1000, Head = 1000 };

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\nhellomore", 200, "hello")]
    [InlineData("HTTP/1.0 404 Not Found\r\n\r\nuntil the end", 404, "until the end")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", 200, "hello")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok", 201, "ok")]
    [InlineData("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", 304, "")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", 302, "")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok")]
    public void A_reply_is_read_however_it_is_cut(string text, int status, string body)
    {
        foreach (int piece in (int[])[1, 7, 100000])
        {
            FetchResponse response = Read(text, piece);
            Assert.Equal((status, body), (response.Status, Encoding.Latin1.GetString(response.Body)));
        }
    }

    [Fact]
    public void Headers_are_handed_on_but_for_the_connections_own()
    {
        FetchResponse response = Read("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nConnection: close\r\nset-cookie:  b \r\nKeep-Alive: 5\r\nX: \r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n", 100);
        Assert.Equal(["Set-Cookie: a", "set-cookie: b", "X: ", "Content-Type: text/plain", "Content-Length: 0"], response.Headers.Select(header => $"{header.Key}: {header.Value}"));
        Assert.Equal("text/plain", response.Header("content-type"));
        Assert.Equal("", response.Header("missing"));
    }

    [Fact]
    public void A_reply_to_HEAD_has_no_body()
        => Assert.Empty(new FetchReply(Source("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 10), Limits).Read(expectsBody: false).Body);

    [Theory]
    [InlineData("", "nothing came")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "it ended early")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "it ended early")]
    [InlineData("HTTP/2 200\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("HTTP/1.1 099 X\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("HTTP/1.1 2000\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("HTTP/1.1 20\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("HTTP/1.1 +20\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "it is no HTTP/1.x")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\n: x\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\na b: x\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\na: x\r\n folded\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\na: x\0y\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\na: x\ry\r\n\r\n", "a header is none")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "it has two lengths")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "its length is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", "its length is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello", "its length is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "it is chunked and has a length")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "its transfer-encoding is not just chunked")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "its transfer-encoding is not just chunked")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", "the size of a chunk is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n", "the size of a chunk is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n\r\n", "the size of a chunk is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", "a line is too long")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "it ended early")]
    [InlineData("HTTP/1.1 101 Switching\r\n\r\n", "it switched to another protocol")]
    public void A_reply_that_is_none_is_refused(string text, string message)
    {
        foreach (int piece in (int[])[1, 100000])
        {
            FetchException error = Assert.Throws<FetchException>(() => Read(text, piece));
            Assert.Equal((FetchFailure.BadReply, $"fetch: the server's reply cannot be read: {message}"), (error.Failure, error.Message));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "body")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n", "body")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "body")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "body")]
    public void A_body_over_the_limit_is_refused_before_it_is_read(string text, string what) => AssertTooLarge(what, Source(text, 100));

    [Fact]
    public void An_endless_reply_is_cut_off()
    {
        AssertTooLarge("body", Source("HTTP/1.1 200 OK\r\n\r\n", 10, endless: "x"));
        AssertTooLarge("body", Source("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 10, endless: "1\r\nx\r\n"));
        AssertTooLarge("head", Source("HTTP/1.1 200 OK\r\n", 10, endless: "a: b\r\n"));
        AssertTooLarge("head", Source("HTTP/1.1 200 OK\r\na: ", 10, endless: "b"));
        AssertTooLarge("head", Source("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 10, endless: "a: b\r\n"));
        Assert.Equal("fetch: the server's reply cannot be read: it never came to the point",
            Assert.Throws<FetchException>(() => new FetchReply(Source("", 10, endless: "HTTP/1.1 100 Continue\r\n\r\n"), Limits).Read(true)).Message);
    }

    private static void AssertTooLarge(string what, FetchRead source)
    {
        FetchException error = Assert.Throws<FetchException>(() => new FetchReply(source, Limits).Read(expectsBody: true));
        Assert.Equal((FetchFailure.TooLarge, $"fetch: the reply's {what} is larger than 1000 bytes"),
            (error.Failure, error.Message));
    }

    private static FetchResponse Read(string text, int piece) => new FetchReply(Source(text, piece), Limits).Read(expectsBody: true);

    private static FetchRead Source(string text, int piece, string endless = "")
    {
        byte[] rest = Encoding.Latin1.GetBytes(text);
        byte[] again = Encoding.Latin1.GetBytes(endless);
        int at = 0;
        return buffer =>
        {
            if (at == rest.Length && again.Length > 0)
            {
                rest = again;
                at = 0;
            }

            int count = Math.Min(Math.Min(piece, buffer.Length), rest.Length - at);
            rest.AsSpan(at, count).CopyTo(buffer);
            at += count;
            return count;
        };
    }
}
