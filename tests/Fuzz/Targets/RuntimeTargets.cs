using System.Text;
using Weft.Core.Apps;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Host;
using Weft.Runtime.Wasmtime;

namespace Weft.Fuzz.Targets;

/// <summary>Replies of HTTP servers, which a guest's fetch reads.</summary>
internal sealed class FetchReplyTarget : IFuzzTarget
{
    private static readonly FetchLimits _limits = new() { Body = 4096, Head = 2048 };

    public string Name => "fetch-reply";

    public IEnumerable<byte[]> Seeds => [.. ((string[])
    [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\n\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
    ]).Select(Encoding.Latin1.GetBytes)];

    public IEnumerable<byte[]> Words => [.. ((string[])["Content-Length: ", "Transfer-Encoding: chunked\r\n", "HTTP/1.1 204 No\r\n", "ffffffff\r\n", "\r\n\r\n", "0\r\n", "18446744073709551616"]).Select(Encoding.Latin1.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        byte[] all = input.ToArray();
        string whole = Outcome(all, all.Length + 1);
        if (Outcome(all, 1) != whole || Outcome(all, 3) != whole)
        {
            throw new FuzzFindingException("a reply is read otherwise when it comes in pieces");
        }
    }

    private static string Outcome(byte[] all, int piece)
    {
        int at = 0;
        try
        {
            FetchResponse response = new FetchReply(buffer =>
            {
                int count = Math.Min(Math.Min(piece, buffer.Length), all.Length - at);
                all.AsSpan(at, count).CopyTo(buffer);
                at += count;
                return count;
            }, _limits).Read(expectsBody: true);
            return response.Body.Length <= _limits.Body
                ? $"{response.Status} {response.Headers.Count} {Convert.ToHexString(response.Body)}"
                : throw new FuzzFindingException("a body over the limit");
        }
        catch (FetchException e)
        {
            return e.Failure.ToString();
        }
    }
}

/// <summary>URLs of guests: whatever is accepted has one head that ends where it should.</summary>
internal sealed class FetchRequestTarget : IFuzzTarget
{
    private static readonly Capability[] _grants = [Capability.Parse("net:fetch:*")];

    public string Name => "fetch-request";

    public IEnumerable<byte[]> Seeds => [.. ((string[])
        ["http://example.com/a?b=c", "https://[2606:4700::1111]/", "http://127.0.0.1:80/%2e%2e/", "https://müller.example/ü#x", "http://a@b/", "http://0x7f.1/"]).Select(Encoding.UTF8.GetBytes)];

    public IEnumerable<byte[]> Words => [.. ((string[])["\r\n", "%0d%0a", "://", "[::ffff:", "%25", "\u3002", "xn--", ":443", "@", "\0"]).Select(Encoding.UTF8.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        try
        {
            string head = Encoding.Latin1.GetString(FetchTarget.Check(new FetchRequest(text, "GET", [new("x", "y")]), _grants, new FetchLimits()).Head);
            if (head.Split("\r\n").Length != 9 || head.AsSpan(0, head.Length - 2).Count('\n') != 7 || head.Split(' ')[2] != "HTTP/1.1\r\nhost:")
            {
                throw new FuzzFindingException("a URL wrote into the head: " + head);
            }
        }
        catch (FetchException)
        {
        }

        try
        {
            FetchTarget.Check(new FetchRequest("http://example.com/", "GET", [new(text, text)]), _grants, new FetchLimits());
        }
        catch (FetchException)
        {
        }
    }
}

/// <summary>Modules whose memory is limited by rewriting them, and what an engine's executable prints at the end.</summary>
internal sealed class ExeTarget : IFuzzTarget
{
    public string Name => "exe";

    public IEnumerable<byte[]> Seeds =>
    [
        [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0, 0, 2, 1, (byte)'x', 5, 3, 1, 0, 2, 10, 1, 0],
        [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0, 5, 5, 1, 1, 0, 0xFF, 1],
        .. ((string[])["Error: failed to run main module `/proc/self/fd/3`\n\nCaused by:\n    0: x\n    0:  0x1 - f\n    1: wasm trap: call stack exhausted\n",
            "Error: the `_start` function trapped\n\nCaused by:\n    1: Exited with i32 exit status 3\n"]).Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        foreach (int code in (int[])[0, 1, 134])
        {
            ExeEnd.Read(ExeForm.Wasmtime, new ExitStatus(code, null), input);
            ExeEnd.Read(ExeForm.Wizer, new ExitStatus(code, null), input);
        }

        if (input.Length < 8)
        {
            return;
        }

        try
        {
            byte[] held = ExeMemoryLimit.Apply(input.ToArray(), 1 << 20);
            if (!ExeMemoryLimit.Apply(held, 1 << 20).AsSpan().SequenceEqual(held))
            {
                throw new FuzzFindingException("a module that is held to its limit changes when it is held again");
            }
        }
        catch (EngineException)
        {
        }
    }
}
