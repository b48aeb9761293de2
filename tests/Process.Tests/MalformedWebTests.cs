using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>
/// Malformed HTTP and WebSocket input through the whole of the published daemon: each answered within a second, the daemon unharmed.
/// What its parts refuse by themselves has shorter tables in Appd.Tests/Web.
/// </summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedWebTests(SharedDaemon shared)
{
    private const string Large = "<100,000>"; // so many 'x' take its place

    /// <summary>Malformation, request, status (0: closed without an answer in HTTP/1.1). HOST stands for the right Host and PORT for the port; ~ ends a line.</summary>
    public static TheoryData<string, string, int> Requests => new()
    {
        { "no version", "GET /~Host: HOST~~", 400 },
        { "two spaces", "GET  / HTTP/1.1~Host: HOST~~", 400 },
        { "a method in lower case", "get / HTTP/1.1~Host: HOST~~", 405 },
        { "a method nobody knows", "WEFT / HTTP/1.1~Host: HOST~~", 405 },
        { "a method of 100,000 letters", Large + " / HTTP/1.1~Host: HOST~~", 414 },
        { "PUT", "PUT /index.html HTTP/1.1~Host: HOST~Content-Length: 1~~x", 405 },
        { "DELETE", "DELETE /index.html HTTP/1.1~Host: HOST~~", 405 },
        { "CONNECT", "CONNECT localhost:PORT HTTP/1.1~Host: HOST~~", 405 },
        { "CONNECT to elsewhere", "CONNECT evil.example:443 HTTP/1.1~Host: HOST~~", 400 },
        { "OPTIONS of everything", "OPTIONS * HTTP/1.1~Host: HOST~~", 405 },
        { "HEAD of the socket", "HEAD /appd HTTP/1.1~Host: HOST~~", 405 },
        { "the address of elsewhere", "GET http://evil.example/ HTTP/1.1~Host: HOST~~", 400 },
        { "HTTP/2 by itself", "PRI * HTTP/2.0~~SM~~", 0 },
        { "TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03~~", 400 },
        { "a header without a colon", "GET / HTTP/1.1~Host: HOST~X~~", 400 },
        { "a header without a name", "GET / HTTP/1.1~Host: HOST~: x~~", 400 },
        { "a space before the colon", "GET / HTTP/1.1~Host : HOST~~", 400 },
        { "a folded header", "GET / HTTP/1.1~Host: HOST~X: a~ b~~", 400 },
        { "a NUL in a header", "GET / HTTP/1.1~Host: HOST~X: \0~~", 400 },
        { "101 headers", "GET / HTTP/1.1~Host: HOST~" + string.Concat(Enumerable.Repeat("X: y~", 100)) + "~", 431 },
        { "a header of 100,000 bytes without an end", "GET / HTTP/1.1~Host: HOST~X: " + Large, 431 },
        { "a negative length", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: -1~~", 400 },
        { "a length that is none", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 2x~~{}", 400 },
        { "two lengths", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 2~Content-Length: 3~~{} ", 400 },
        { "a coding nobody knows", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Transfer-Encoding: weft~~{}", 400 },
        { "a chunk without a size", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Transfer-Encoding: chunked~~weft~{}~0~~", 400 },
        { "a chunk of 2^63 bytes", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Transfer-Encoding: chunked~~8000000000000000~", 400 },
        { "chunks over the limit", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Transfer-Encoding: chunked~~186a0~" + Large, 413 },
        { "a code that is a number", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 10~~{\"code\":1}", 400 },
        { "a code that is nil", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 13~~{\"code\":null}", 401 },
        { "a code in a list", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 2~~[]", 400 },
        { "a code that is no UTF-8", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 12~~{\"code\":\"\xff\"}", 400 },
        { "1,000 lists deep", "POST /auth/bootstrap HTTP/1.1~Host: HOST~Content-Length: 1000~~" + new string('[', 1000), 400 },
        { "HTTP/1.0 without a host", "GET / HTTP/1.0~~", 403 },
        { "an empty host", "GET / HTTP/1.1~Host:~~", 403 },
        { "a host with a user", "GET / HTTP/1.1~Host: localhost@evil.example~~", 400 },
        { "a host with a dot behind it", "GET / HTTP/1.1~Host: localhost.:PORT~~", 403 },
        { "a host with a zero before the port", "GET / HTTP/1.1~Host: localhost:0PORT~~", 403 },
        { "a host with another port", "GET / HTTP/1.1~Host: localhost:1~~", 403 },
        { "an address in another form", "GET / HTTP/1.1~Host: 127.1:PORT~~", 403 },
        { "a dot for a label", "GET / HTTP/1.1~Host: .localhost:PORT~~", 403 },
        { "an open bracket", "GET / HTTP/1.1~Host: [::1~~", 400 },
        { "a path of the machine", "GET //etc/passwd HTTP/1.1~Host: HOST~~", 404 },
        { "a path with backslashes", "GET /..\\..\\etc\\passwd HTTP/1.1~Host: HOST~~", 404 },
        { "an encoded path upwards", "GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1~Host: HOST~~", 404 },
        { "a folder", "GET /vendor HTTP/1.1~Host: HOST~~", 404 },
        { "half an escape", "GET /%4 HTTP/1.1~Host: HOST~~", 404 },
        { "the socket with a slash behind it", "GET /appd/ HTTP/1.1~Host: HOST~~", 404 },
        { "a socket by POST", "POST /appd HTTP/1.1~Host: HOST~Connection: Upgrade~Upgrade: websocket~Sec-WebSocket-Version: 13~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==~~", 405 },
        { "a socket over HTTP/1.0", "GET /appd HTTP/1.0~Host: HOST~Connection: Upgrade~Upgrade: websocket~Sec-WebSocket-Version: 13~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==~~", 426 },
        { "a socket without Connection: Upgrade", "GET /appd HTTP/1.1~Host: HOST~Upgrade: websocket~Sec-WebSocket-Version: 13~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==~~", 426 },
        { "an upgrade to something else", "GET /appd HTTP/1.1~Host: HOST~Connection: Upgrade~Upgrade: h2c~~", 426 },
        { "a key that is no base64", "GET /appd HTTP/1.1~Host: HOST~Connection: Upgrade~Upgrade: websocket~Sec-WebSocket-Version: 13~Sec-WebSocket-Key: ************************~~", 400 },
        { "two keys", "GET /appd HTTP/1.1~Host: HOST~Connection: Upgrade~Upgrade: websocket~Sec-WebSocket-Version: 13~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==~~", 400 },
    };

    [SkippableTheory]
    [MemberData(nameof(Requests))]
    public async Task Malformed_HTTP_is_answered_within_a_second(string malformation, string request, int status)
    {
        Daemon daemon = await shared.GetAsync();
        int port = Port(daemon);
        string text = request.Replace("~", "\r\n", StringComparison.Ordinal).Replace("HOST", $"localhost:{port}", StringComparison.Ordinal)
            .Replace("PORT", $"{port}", StringComparison.Ordinal).Replace(Large, new string('x', 100_000), StringComparison.Ordinal);

        long began = Stopwatch.GetTimestamp();
        using (RawWebSocket raw = await RawWebSocket.ConnectAsync(port))
        {
            await raw.SendAsync(Encoding.Latin1.GetBytes(text));
            string head = await raw.HeadAsync();
            Malformed.InTime(malformation, began);
            Assert.True(status == 0 ? !head.Contains("HTTP/1.1", StringComparison.Ordinal) : head.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{malformation}: {head}");
        }

        await HealthyAsync(daemon);
    }

    /// <summary>Origins that are neither the UI's nor a live page's.</summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("http://localhost")]
    [InlineData("https://localhost:PORT")]
    [InlineData("http://LOCALHOST:PORT")]
    [InlineData("http://localhost:PORT/")]
    [InlineData("http://127.0.0.1:PORT")]
    [InlineData("http://localhost:PORT.evil.example")]
    [InlineData("http://localhost:PORT@evil.example")]
    [InlineData("http://evil.localhost:PORT")]
    [InlineData("http://a.b.localhost:PORT")]
    [InlineData("http://localhost:PORT\r\nOrigin: http://evil.example")]
    [InlineData("file://")]
    public async Task A_forged_origin_is_refused_before_the_upgrade(string origin)
    {
        Daemon daemon = await shared.GetAsync();
        int port = Port(daemon);
        using RawWebSocket raw = await RawWebSocket.ConnectAsync(port);
        await raw.SendAsync(Encoding.Latin1.GetBytes(RawWebSocket.Upgrade(port, origin.Replace("PORT", $"{port}", StringComparison.Ordinal))));
        Assert.StartsWith("HTTP/1.1 403 ", await raw.HeadAsync(), StringComparison.Ordinal);
    }

    /// <summary>Malformation, frames as hex (the mask is four zeros), close code.</summary>
    public static TheoryData<string, string, int> Frames => new()
    {
        { "reserved bit 1", "C180 00000000", 1002 },
        { "reserved bit 2", "A180 00000000", 1002 },
        { "reserved bit 3", "9180 00000000", 1002 },
        { "a reserved bit in a continuation", "0181 00000000 61 C081 00000000 62", 1002 },
        { "opcode 3", "8380 00000000", 1002 },
        { "opcode 7", "8780 00000000", 1002 },
        { "opcode 11", "8B80 00000000", 1002 },
        { "opcode 15", "8F80 00000000", 1002 },
        { "a message inside another", "0181 00000000 61 8181 00000000 62", 1002 },
        { "a binary message inside another", "0181 00000000 61 8281 00000000 62", 1003 },
        { "a binary fragment", "0281 00000000 61", 1003 },
        { "a continuation after the end", "0181 00000000 61 8081 00000000 62 8081 00000000 62", 1008 }, // the message before it is no HELLO
        { "an unmasked continuation", "0181 00000000 61 8001 62", 1002 },
        { "an unmasked ping", "8900", 1002 },
        { "a ping in two frames", "0980 00000000", 1002 },
        { "a pong of 126 bytes", "8AFE 007E 00000000", 1002 },
        { "a close frame in two", "0880 00000000", 1002 },
        { "a close frame of one byte", "8881 00000000 03", 1002 },
        { "close 999", "8882 00000000 03E7", 1002 },
        { "close 1005, which is never sent", "8882 00000000 03ED", 1002 },
        { "close 1015, which is never sent", "8882 00000000 03F7", 1002 },
        { "close 2999", "8882 00000000 0BB7", 1002 },
        { "close 5000", "8882 00000000 1388", 1002 },
        { "a reason that is no UTF-8", "8883 00000000 03E8 FF", 1007 },
        { "text that is no UTF-8", "8181 00000000 FF", 1007 },
        { "text with an overlong byte", "8182 00000000 C0AF", 1007 },
        { "text with half a surrogate pair", "8183 00000000 EDA080", 1007 },
        { "text that ends inside a character", "8182 00000000 E282", 1007 },
        { "fragments that end inside a character", "0181 00000000 E2 8081 00000000 82", 1007 },
        { "a length of 2^64 - 1", "81FF FFFFFFFFFFFFFFFF 00000000", 1009 },
        { "a length of 2^63", "81FF 8000000000000000 00000000", 1009 },
        { "fragments over a mebibyte", "0181 00000000 61 80FF 0000000000100000 00000000", 1009 },
        { "close 1000", "8882 00000000 03E8", 1000 },
        { "close 4999", "8882 00000000 1387", 4999 },
        { "close without a code", "8880 00000000", 0 },
    };

    [SkippableTheory]
    [MemberData(nameof(Frames))]
    public async Task A_broken_frame_closes_with_its_code_within_a_second(string malformation, string hex, int code)
    {
        Daemon daemon = await shared.GetAsync();
        using (RawWebSocket raw = await RawWebSocket.UpgradeAsync(Port(daemon)))
        {
            long began = Stopwatch.GetTimestamp();
            await raw.SendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
            int? closed = await raw.CloseCodeAsync();
            Malformed.InTime(malformation, began);
            Assert.True(closed == code, $"{malformation} was closed with {closed}");
        }

        await HealthyAsync(daemon);
    }

    [SkippableFact]
    public async Task Odd_but_allowed_frames_are_read()
    {
        Daemon daemon = await shared.GetAsync();
        using RawWebSocket raw = await RawWebSocket.UpgradeAsync(Port(daemon));
        // Control frames between and inside messages, empty fragments, a character over two frames, a length in more bytes than it needs.
        byte[] hello = Encoding.UTF8.GetBytes($$"""{"type":"HELLO","role":"system","client":"é","token":"{{Token(daemon)}}"}""");
        int inside = Array.IndexOf(hello, (byte)0xC3) + 1;
        await raw.SendAsync((byte[])[.. RawWebSocket.Frame(0x8A, "unasked"u8), .. RawWebSocket.Frame(0x01, hello.AsSpan(0, inside)), .. RawWebSocket.Frame(0x89, new byte[125]),
            .. Enumerable.Repeat(RawWebSocket.Frame(0x00, []), 1000).SelectMany(frame => frame), .. RawWebSocket.Frame(0x80, hello.AsSpan(inside))]);
        (int opcode, byte[] payload) = (await raw.FrameAsync())!.Value;
        Assert.Equal((10, 125), (opcode, payload.Length));
        Assert.Equal("WELCOME", (string?)(await raw.MessageAsync())["type"]);
        byte[] query = """{"type":"QUERY_RUNNING","seq":1}"""u8.ToArray();
        await raw.SendAsync((byte[])[0x81, 0xFE, 0, (byte)query.Length, 0, 0, 0, 0, .. query]);
        Assert.Equal("RUNNING_APPS", (string?)(await raw.MessageAsync())["type"]);

        // All of a mebibyte in two frames, and a ping between them, which is not counted.
        byte[] space = Enumerable.Repeat((byte)' ', (1 << 20) - query.Length).ToArray();
        await raw.SendAsync((byte[])[.. RawWebSocket.Frame(0x01, space), .. RawWebSocket.Frame(0x89, new byte[125]), .. RawWebSocket.Frame(0x80, query)]);
        Assert.Equal("RUNNING_APPS", (string?)(await raw.MessageAsync())["type"]);
    }

    /// <summary>Malformation, message after HELLO, code, and whether its <c>seq</c> could be read.</summary>
    public static TheoryData<string, string, int, bool> Messages => new()
    {
        { "nothing", "", 400, false },
        { "no JSON", "weft", 400, false },
        { "null", "null", 400, false },
        { "a number", "7", 400, false },
        { "a list", "[]", 400, false },
        { "no type", "{}", 400, false },
        { "a type that is null", """{"type":null,"seq":5}""", 400, true },
        { "a type that is a number", """{"type":7,"seq":5}""", 400, true },
        { "a type nobody knows", """{"type":"WEFT","seq":5}""", 400, true },
        { "a reply", """{"type":"WELCOME","seq":5}""", 400, true },
        { "a broadcast", """{"type":"NOTIFICATION_DISMISSED","notification_id":1,"seq":5}""", 400, true },
        { "a page's message", """{"type":"APP_MESSAGE","payload":"x","seq":5}""", 403, true },
        { "HELLO again", """{"type":"HELLO","role":"system","seq":5}""", 409, true },
        { "two messages", """{"type":"STATUS","seq":5}{"type":"STATUS"}""", 400, true },
        { "a comma too many", """{"type":"STATUS","seq":5,}""", 400, false },
        { "a comment", """{"type":"STATUS"/* */,"seq":5}""", 400, false },
        { "a byte order mark", "\uFEFF{\"type\":\"STATUS\",\"seq\":5}", 400, false },
        { "cut off", """{"type":"STATUS","seq":5""", 400, false },
        { "a key twice", """{"type":"STATUS","seq":5,"x":1,"x":2}""", 400, true },
        { "half a surrogate pair", """{"type":"IPC_FORWARD","session_id":1,"payload":"\ud800","seq":5}""", 400, true },
        { "an id of 2^53", """{"type":"QUERY_APP_STATE","session_id":9007199254740992,"seq":5}""", 400, true },
        { "an id of 2^53 + 1", """{"type":"QUERY_APP_STATE","session_id":9007199254740993,"seq":5}""", 400, true },
        { "an id of thirty digits", """{"type":"QUERY_APP_STATE","session_id":123456789012345678901234567890,"seq":5}""", 400, true },
        { "a negative id", """{"type":"QUERY_APP_STATE","session_id":-1,"seq":5}""", 400, true },
        { "a negative zero", """{"type":"QUERY_APP_STATE","session_id":-0,"seq":5}""", 400, true },
        { "a float id", """{"type":"QUERY_APP_STATE","session_id":1.5,"seq":5}""", 400, true },
        { "a whole float id", """{"type":"QUERY_APP_STATE","session_id":1.0,"seq":5}""", 400, true },
        { "an id with an exponent", """{"type":"QUERY_APP_STATE","session_id":1e3,"seq":5}""", 400, true },
        { "an id that is text", """{"type":"QUERY_APP_STATE","session_id":"1","seq":5}""", 400, true },
        { "an id that is true", """{"type":"QUERY_APP_STATE","session_id":true,"seq":5}""", 400, true },
        { "an id that is a map", """{"type":"QUERY_APP_STATE","session_id":{},"seq":5}""", 400, true },
        { "no id", """{"type":"QUERY_APP_STATE","session_id":null,"seq":5}""", 400, true },
        { "a double over all doubles", """{"type":"PANEL_GESTURE","gesture_type":1,"fingers":1,"dx":1e999,"dy":0,"seq":5}""", 400, true },
        { "NaN", """{"type":"PANEL_GESTURE","gesture_type":1,"fingers":1,"dx":NaN,"dy":0,"seq":5}""", 400, false },
        { "a seq that is text", """{"type":"STATUS","seq":"5"}""", 400, false },
        { "a negative seq", """{"type":"STATUS","seq":-5}""", 400, false },
        { "a float seq", """{"type":"STATUS","seq":5.5}""", 400, false },
        { "a seq of 2^64", """{"type":"STATUS","seq":18446744073709551616}""", 400, false },
        { "33 lists deep", $$"""{"type":"STATUS","seq":5,"x":{{new string('[', 33)}}{{new string(']', 33)}}}""", 400, true },
        { "100,000 lists deep", """{"type":"STATUS","seq":5,"x":""" + new string('[', 100_000), 400, true },
        { "a payload over the limit", $$"""{"type":"IPC_FORWARD","session_id":1,"payload":"{{new string('x', 65_537)}}","seq":5}""", 413, true },
        { "a path, which is for the Unix socket", """{"type":"INSTALL","ref":"/etc","seq":5}""", 403, true },
    };

    [SkippableTheory]
    [MemberData(nameof(Messages))]
    public async Task A_bad_message_is_answered_within_a_second_and_the_connection_stays(string malformation, string text, int code, bool numbered)
    {
        Daemon daemon = await shared.GetAsync();
        using RawWebSocket raw = await RawWebSocket.UpgradeAsync(Port(daemon));
        await HelloAsync(daemon, raw);
        long began = Stopwatch.GetTimestamp();
        await raw.SendAsync(RawWebSocket.Text(text));
        JsonObject answer = await raw.MessageAsync();
        Malformed.InTime(malformation, began);
        Assert.True((string?)answer["type"] == "ERROR" && (int?)answer["code"] == code, $"{malformation}: {answer.ToJsonString()}");
        Assert.Equal(numbered ? 5UL : null, (ulong?)answer["re"]);
        Assert.NotEmpty((string?)answer["message"] ?? "");
        await raw.SendAsync(RawWebSocket.Text("""{"type":"QUERY_RUNNING","seq":18446744073709551615}"""));
        Assert.Equal(ulong.MaxValue, (ulong?)(await raw.MessageAsync())["re"]);
    }

    [SkippableFact]
    public async Task The_last_place_is_kept_for_the_system_UI()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        int port = Port(daemon);
        var all = new List<RawWebSocket>();
        try
        {
            for (int i = 0; i < 63; i++)
            {
                all.Add(await RawWebSocket.UpgradeAsync(port));
                await HelloAsync(daemon, all[^1]);
            }

            await FullAsync(null);
            all.Add(await RawWebSocket.UpgradeAsync(port, $"http://localhost:{port}"));
            await HelloAsync(daemon, all[^1]);
            await FullAsync($"http://localhost:{port}");
            await all[^1].SendAsync(RawWebSocket.Text("""{"type":"QUERY_RUNNING"}"""));
            Assert.Equal("RUNNING_APPS", (string?)(await all[^1].MessageAsync())["type"]);
        }
        finally
        {
            all.ForEach(one => one.Dispose());
        }

        // The daemon hears of each of the 64 ends in its own time.
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        while (true)
        {
            try
            {
                await HealthyAsync(daemon);
                break;
            }
            catch (Xunit.Sdk.XunitException) when (DateTime.UtcNow < until)
            {
                await Task.Delay(20); // nothing outside tells
            }
        }

        async Task FullAsync(string? origin)
        {
            using RawWebSocket more = await RawWebSocket.ConnectAsync(port);
            await more.SendAsync(Encoding.Latin1.GetBytes(RawWebSocket.Upgrade(port, origin)));
            Assert.StartsWith("HTTP/1.1 503 ", await more.HeadAsync(), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Who_is_slow_or_silent_loses_the_connection_and_nobody_waits_for_it()
    {
        Daemon daemon = await shared.GetAsync();
        int port = Port(daemon);
        // Side by side, since each only waits. What is said of each is the deadline, and one more turn of the server's clock.
        await Task.WhenAll(
            ByAsync(20, "headers that never end", async raw => await raw.SendAsync("GET / HTTP/1.1\r\nHost: localhost"u8.ToArray()), raw => raw.HeadAsync()),
            ByAsync(20, "a body that never comes", async raw => await raw.SendAsync(Encoding.Latin1.GetBytes($"POST /auth/bootstrap HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 100\r\n\r\n")), raw => raw.HeadAsync()),
            SilentAsync(10, "no HELLO", _ => [], hello: false, 1008),
            SilentAsync(10, "half a HELLO", _ => RawWebSocket.Text("""{"type":"HELLO"}""")[..12], hello: false, 1008),
            SilentAsync(50, "half a frame", _ => RawWebSocket.Text("""{"type":"STATUS"}""")[..12], hello: true, null),
            SilentAsync(50, "no answer to pings", _ => [], hello: true, null),
            HalfFrameAsync());
        await HealthyAsync(daemon);

        async Task ByAsync(int seconds, string what, Func<RawWebSocket, Task> begin, Func<RawWebSocket, Task<string>> end)
        {
            using RawWebSocket raw = await RawWebSocket.ConnectAsync(port);
            long began = Stopwatch.GetTimestamp();
            await begin(raw);
            Assert.StartsWith("HTTP/1.1 408 ", await end(raw), StringComparison.Ordinal);
            Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds < seconds, $"{what} took {Stopwatch.GetElapsedTime(began)}");
        }

        async Task SilentAsync(int seconds, string what, Func<RawWebSocket, byte[]> said, bool hello, int? code)
        {
            using RawWebSocket raw = await RawWebSocket.UpgradeAsync(port);
            if (hello)
            {
                await HelloAsync(daemon, raw);
            }

            long began = Stopwatch.GetTimestamp();
            await raw.SendAsync(said(raw));
            Assert.Equal(code, await raw.CloseCodeAsync());
            Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds < seconds, $"{what} took {Stopwatch.GetElapsedTime(began)}");
        }

        async Task HalfFrameAsync()
        {
            await using ControlPeer idle = await daemon.ConnectAsync(), peer = await daemon.ConnectAsync();
            await peer.ExpectAsync("STATUS", "STATUS");
            await peer.SendRawAsync(Convert.FromHexString("0500000081"));
            JsonObject late = await peer.NextAsync("400", m => (string?)m["type"] == "ERROR", TimeSpan.FromSeconds(45));
            Assert.Equal(400, (int?)late["code"]);
            await peer.ClosedAsync();
            await idle.ExpectAsync("STATUS", "STATUS"); // a connection without half a frame may be silent
        }
    }

    private static int Port(Daemon daemon) => int.Parse(File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.wsport")), System.Globalization.CultureInfo.InvariantCulture);

    private static string Token(Daemon daemon) => File.ReadAllText(Path.Combine(daemon.RuntimeFolder, "appd.systoken")).Trim();

    private static async Task HelloAsync(Daemon daemon, RawWebSocket raw)
    {
        await raw.SendAsync(RawWebSocket.Text($$"""{"type":"HELLO","role":"system","token":"{{Token(daemon)}}"}"""));
        Assert.Equal("WELCOME", (string?)(await raw.MessageAsync())["type"]);
    }

    /// <summary>Both doors answer.</summary>
    private static async Task HealthyAsync(Daemon daemon)
    {
        using RawWebSocket raw = await RawWebSocket.UpgradeAsync(Port(daemon));
        await HelloAsync(daemon, raw);
        await Malformed.HealthyAsync(daemon);
    }
}
