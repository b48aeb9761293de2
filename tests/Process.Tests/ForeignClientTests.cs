using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Clients that share no code with Weft: Rust's rmp_serde, Python's msgpack, and OpenSSL's command line.</summary>
[Collection(DaemonCollection.Name)]
public sealed class ForeignClientTests(SharedDaemon shared)
{
    private static readonly Lazy<Task<string>> _rust = new(BuildRustAsync);

    [SkippableTheory]
    [InlineData("array")]
    [InlineData("map")]
    public async Task Rust_launches_talks_to_and_ends_an_app(string encoding)
    {
        Daemon daemon = await shared.GetAsync();
        await daemon.InstallAsync("com.example.counter");
        using var client = new LineClient(await _rust.Value, daemon.SocketPath, encoding);

        await client.SayAsync("subscribe");
        await client.HearAsync("SUBSCRIBED");
        await client.SayAsync("apps");
        JsonObject apps = await client.HearAsync("INSTALLED_APPS");
        Assert.Contains(apps["apps"]!.AsArray(), app => (string?)app!["app_id"] == "com.example.counter");

        await client.SayAsync("launch com.example.counter");
        ulong id = (ulong)(await client.HearAsync("LAUNCH_ACK"))["session_id"]!;
        await client.HearAsync("APP_READY");
        for (int i = 1; i <= 3; i++)
        {
            await client.SayAsync($"send {id} increment");
            Assert.Equal($"{i}", (string?)(await client.HearAsync("IPC_MESSAGE"))["payload"]);
        }

        await client.SayAsync("running");
        Assert.Contains((await client.HearAsync("RUNNING_APPS"))["sessions"]!.AsArray(), session => (ulong)session!["session_id"]! == id && (string?)session["state"] == "running");
        await client.SayAsync("gesture");
        JsonObject gesture = await client.HearAsync("NAVIGATION_GESTURE");
        Assert.Equal((2, 3, 12.5, -0.25), ((int)gesture["gesture_type"]!, (int)gesture["fingers"]!, (double)gesture["dx"]!, (double)gesture["dy"]!));
        await client.SayAsync($"terminate {id}");
        JsonObject end = await client.HearAsync("APP_STATE", m => (ulong?)m["session_id"] == id && (string?)m["state"] == "stopped");
        Assert.Equal("terminated", (string?)end["end"]!["cause"]);
        await client.SayAsync($"state {id}");
        Assert.Equal("stopped", (string?)(await client.HearAsync("APP_STATE", m => m["end"] is not null))["state"]);
        await client.SayAsync("state 9007199254740991");
        Assert.Equal("not_found", (string?)(await client.HearAsync("APP_STATE", m => (string?)m["state"] == "not_found"))["state"]);
        await client.SayAsync("launch com.example.nosuchapp");
        Assert.Equal(404, (int?)(await client.HearAsync("ERROR"))["code"]);
    }

    [SkippableFact]
    public async Task Python_launches_talks_to_and_ends_an_app()
    {
        Daemon daemon = await shared.GetAsync();
        await daemon.InstallAsync("com.example.counter");
        using var client = await StartPythonAsync(daemon);
        await client.SayAsync("""{"type": "SUBSCRIBE", "seq": 1}""");
        Assert.Equal(1, (int?)(await client.HearAsync("SUBSCRIBED"))["re"]);
        await client.SayAsync("""{"type": "LAUNCH_APP", "seq": 2, "app_id": "com.example.counter", "args": [], "env": {}, "surface_id": null, "unknown": {"a": [1, -2, 3.5, null, true, "é"]}}""");
        ulong id = (ulong)(await client.HearAsync("LAUNCH_ACK"))["session_id"]!;
        await client.HearAsync("APP_READY");
        await client.SayAsync($$"""{"type": "IPC_FORWARD", "seq": 3, "session_id": {{id}}, "payload": "increment"}""");
        Assert.Equal("1", (string?)(await client.HearAsync("IPC_MESSAGE"))["payload"]);
        await client.SayAsync($$"""{"type": "TERMINATE_APP", "seq": 4, "session_id": {{id}}}""");
        await client.HearAsync("APP_STATE", m => (string?)m["state"] == "stopped");
        await client.SayAsync("""{"type": "NO_SUCH_REQUEST", "seq": 5}""");
        JsonObject error = await client.HearAsync("ERROR");
        Assert.Equal((400, 5), ((int?)error["code"], (int?)error["re"]));
        await client.SayAsync("""{"raw": "ffffffff"}""");
        Assert.Equal(413, (int?)(await client.HearAsync("ERROR"))["code"]);
        await client.HearAsync("CLOSED");
    }

    [SkippableFact]
    public async Task OpenSSL_verifies_what_weft_signs_and_weft_installs_what_OpenSSL_signed()
    {
        Daemon daemon = await shared.GetAsync();
        string work = Path.Combine(daemon.Top, "openssl"), keys = Path.Combine(work, "keys");
        Directory.CreateDirectory(keys);
        string folder = await Guests.CopyAsync(Guests.Id("exits_zero"), work, "org.weft.test.signed");

        // Weft signs, OpenSSL verifies. DER's prefix makes a key file of the 32 bytes.
        (await daemon.WeftAsync("pack", "generate-key", keys)).Success();
        (await daemon.WeftAsync("pack", "sign", folder, "--key", Path.Combine(keys, "weft-sign.key"))).Success();
        byte[] digest = await DigestAsync(folder);
        string digestFile = Path.Combine(work, "digest"), signatureFile = Path.Combine(work, "signature"), publicFile = Path.Combine(work, "public.der"), privateFile = Path.Combine(work, "private.der");
        await File.WriteAllBytesAsync(digestFile, digest);
        await File.WriteAllBytesAsync(signatureFile, Convert.FromHexString((await File.ReadAllTextAsync(Path.Combine(folder, "signature.sig"))).Trim()));
        await File.WriteAllBytesAsync(publicFile, [.. Convert.FromHexString("302a300506032b6570032100"), .. Convert.FromHexString((await File.ReadAllTextAsync(Path.Combine(keys, "weft-sign.pub"))).Trim())]);
        CommandResult verified = await Commands.RunAsync("openssl", ["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", publicFile, "-in", digestFile, "-sigfile", signatureFile]);
        Assert.Contains("Verified Successfully", verified.Success(), StringComparison.Ordinal);

        // OpenSSL makes a key and signs, Weft verifies and, once it trusts that key, installs.
        (await Commands.RunAsync("openssl", ["genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", privateFile])).Success();
        (await Commands.RunAsync("openssl", ["pkey", "-inform", "DER", "-in", privateFile, "-pubout", "-outform", "DER", "-out", publicFile])).Success();
        (await Commands.RunAsync("openssl", ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", privateFile, "-in", digestFile, "-out", signatureFile])).Success();
        await File.WriteAllTextAsync(Path.Combine(folder, "signature.sig"), Convert.ToHexStringLower(await File.ReadAllBytesAsync(signatureFile)) + "\n");
        string pub = Path.Combine(work, "foreign.pub");
        await File.WriteAllTextAsync(pub, Convert.ToHexStringLower((await File.ReadAllBytesAsync(publicFile))[^32..]) + "\n");
        (await daemon.WeftAsync("pack", "verify", folder, "--key", pub)).Success();
        Assert.NotEqual(0, (await daemon.WeftAsync("pack", "verify", folder, "--key", Path.Combine(keys, "weft-sign.pub"))).ExitCode);

        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.ExpectErrorAsync(403, "INSTALL", new JsonObject { ["ref"] = folder }); // not trusted yet
        string trusted = Path.Combine(daemon.Top, "config/weft/trusted-keys");
        Directory.CreateDirectory(trusted);
        File.Copy(pub, Path.Combine(trusted, "foreign.pub"));
        await peer.ExpectAsync("APPS_CHANGED", "INSTALL", new JsonObject { ["ref"] = folder });
        await using RunningApp app = await LaunchSignedAsync(daemon);
        Assert.Equal("exited", (string?)(await app.EndAsync())["cause"]);
    }

    private static async Task<RunningApp> LaunchSignedAsync(Daemon daemon)
    {
        ControlPeer peer = await daemon.SubscribeAsync();
        JsonObject ack = await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", new JsonObject { ["app_id"] = "org.weft.test.signed" });
        return new RunningApp(daemon, peer, (ulong)ack["session_id"]!);
    }

    /// <summary>The content digest as the format says it, by sha256sum.</summary>
    private static async Task<byte[]> DigestAsync(string folder)
    {
        const string script = "cd \"$0\" && find . -type f ! -path ./signature.sig -printf '%P\\n' | LC_ALL=C sort | while IFS= read -r f; do printf '%s\\t%s\\n' \"$f\" \"$(sha256sum < \"$f\" | cut -d' ' -f1)\"; done | sha256sum | cut -d' ' -f1";
        return Convert.FromHexString((await Commands.RunAsync("sh", ["-c", script, folder])).Success().Trim());
    }

    private static async Task<LineClient> StartPythonAsync(Daemon daemon)
    {
        const string python = "/usr/bin/python3"; // Debian's, which python3-msgpack belongs to
        bool present = File.Exists(python) && (await Commands.RunAsync(python, ["-c", "import msgpack"])).ExitCode == 0;
        Prerequisite.Need(present, "Python's msgpack (apt-get install python3-msgpack)");
        return new LineClient(python, Path.Combine(Prerequisite.Root, "tests/clients/python/client.py"), daemon.SocketPath);
    }

    private static async Task<string> BuildRustAsync()
    {
        Prerequisite.Need(Directory.Exists("/usr/share/cargo/registry") && Directory.EnumerateDirectories("/usr/share/cargo/registry", "rmp-serde-*").Any(),
            "Rust's rmp-serde (apt-get install cargo librust-rmp-serde-dev)");
        CommandResult built = await Commands.RunAsync(Path.Combine(Prerequisite.Root, "tests/clients/rust/build.sh"), [Path.Combine(Prerequisite.Root, "artifacts/rust-client")], patience: TimeSpan.FromMinutes(5));
        return built.Success().Trim();
    }

    /// <summary>A client that is a program: lines in, lines of JSON out.</summary>
    private sealed class LineClient : IDisposable
    {
        private readonly System.Diagnostics.Process _process;
        private readonly List<JsonObject> _unread = [];

        public LineClient(string program, params string[] arguments) => _process = Commands.Start(program, arguments);

        public async Task SayAsync(string line)
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }

        public async Task<JsonObject> HearAsync(string type, Func<JsonObject, bool>? fits = null)
        {
            bool Wanted(JsonObject m) => (string?)m["type"] == type && (fits is null || fits(m));
            if (_unread.FirstOrDefault(Wanted) is { } kept)
            {
                _unread.Remove(kept);
                return kept;
            }

            using var deadline = new CancellationTokenSource(ControlPeer.Patience);
            while (true)
            {
                string? line = await _process.StandardOutput.ReadLineAsync(deadline.Token);
                if (line is null)
                {
                    Assert.Fail($"the client ended before {type}: {await _process.StandardError.ReadToEndAsync()}");
                }

                JsonObject message = JsonNode.Parse(line)!.AsObject();
                if (Wanted(message))
                {
                    return message;
                }

                _unread.Add(message);
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
