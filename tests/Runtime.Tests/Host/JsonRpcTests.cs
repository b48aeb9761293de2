using Xunit;

namespace Runtime.Tests.Host;

public sealed class JsonRpcTests
{
    [SkippableFact]
    public async Task A_guest_that_says_everything_wrong_goes_on()
    {
        await using var runtime = new TestRuntime(Guests.Module("hostile_jsonrpc"));
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        peer.Message("after all");
        string payload = await peer.PayloadAsync();
        while (payload is "y" or "x" or "id")
        {
            payload = await peer.PayloadAsync();
        }

        Assert.Equal("after all", payload);
    }

    [SkippableFact]
    public async Task A_line_without_end_is_log()
    {
        await using var runtime = new TestRuntime(Guests.Module("long_line"));
        await runtime.BeReadyAsync();
        Assert.Contains("xxxx", runtime.OutputText(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("notify", "sys:notifications")]
    [InlineData("clipboard.read", "sys:clipboard:read")]
    [InlineData("clipboard.write text", "sys:clipboard:write")]
    [InlineData("fetch http://example.com/", "net:fetch:example.com")]
    public async Task A_call_without_its_grant_names_the_capability(string call, string capability)
    {
        await using var runtime = new TestRuntime(Guests.Module("calls_ungranted"));
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        peer.Message(call);
        string answer = await peer.PayloadAsync();
        Assert.StartsWith($"{call.Split(' ')[0]} -32001 ", answer, StringComparison.Ordinal);
        Assert.Contains(capability, answer, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Clipboard_and_notifications_go_to_appd_and_its_answer_comes_back()
    {
        await using var runtime = new TestRuntime(
            Guests.Module("calls_granted"),
            options: ["--grant", "sys:notifications", "--grant", "sys:clipboard:read", "--grant", "sys:clipboard:write"]);
        await runtime.BeReadyAsync();
        using TestPeer peer = await TestPeer.ConnectAsync(runtime.SocketPath);
        peer.Message("notify");
        Assert.Equal("Title", (string?)(await peer.NextAsync("notify"))["title"]);
        Assert.Equal("notify 0 ", await peer.PayloadAsync());

        peer.Message("clipboard.read");
        ulong id = (ulong)(await peer.NextAsync("clipboard_read"))["id"]!;
        peer.Say("reply", ("id", id), ("text", "from appd"));
        Assert.Equal("clipboard.read 0 from appd", await peer.PayloadAsync());

        peer.Message("clipboard.write something");
        var write = await peer.NextAsync("clipboard_write");
        Assert.Equal("something", (string?)write["text"]);
        peer.Say("reply", ("id", (ulong)write["id"]!), ("error", "no room"));
        Assert.Equal("clipboard.write -32003 no room", await peer.PayloadAsync());
    }

    [SkippableFact]
    public async Task A_request_does_not_wait_for_an_appd_that_is_away()
    {
        // By hand and without a channel: the same path as with an absent peer.
        (int code, string said) = Guests.Run(
            TestRuntime.Program,
            ["com.example.test", "1", "--module", Guests.FromText(Asks), "--interface", "jsonrpc", "--grant", "sys:clipboard:read"],
            new Dictionary<string, string?> { ["WEFT_WASMTIME_LIB"] = WasmText.Library, ["WEFT_READY_TOKEN"] = null });
        Assert.Equal(0, code);
        Assert.Contains("-32003", said, StringComparison.Ordinal);
    }

    // Asks for the clipboard, and copies the answer to the log.
    private const string Asks = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 64) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"clipboard.read\"}\n")
          (func (export "_start")
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 51))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
            (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4096))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
            (i32.store (i32.const 4) (i32.load (i32.const 16)))
            (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))))
        """;
}
