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
        byte[] digest = await ForeignSigner.DigestAsync(folder);
        string digestFile = Path.Combine(work, "digest"), signatureFile = Path.Combine(work, "signature"), publicFile = Path.Combine(work, "public.der");
        await File.WriteAllBytesAsync(digestFile, digest);
        await File.WriteAllBytesAsync(signatureFile, Convert.FromHexString((await File.ReadAllTextAsync(Path.Combine(folder, "signature.sig"))).Trim()));
        await File.WriteAllBytesAsync(publicFile, [.. ForeignSigner.PublicKeyPrefix, .. Convert.FromHexString((await File.ReadAllTextAsync(Path.Combine(keys, "weft-sign.pub"))).Trim())]);
        CommandResult verified = await Commands.RunAsync("openssl", ["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", publicFile, "-in", digestFile, "-sigfile", signatureFile]);
        Assert.Contains("Verified Successfully", verified.Success(), StringComparison.Ordinal);

        // OpenSSL makes a key and signs, Weft verifies and, once it trusts that key, installs.
        string pub = Path.Combine(work, "foreign.pub");
        await File.WriteAllTextAsync(pub, await ForeignSigner.SignAsync(folder, work));
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

    private static async Task<LineClient> StartPythonAsync(Daemon daemon) =>
        new(await LineClient.PythonAsync("msgpack"), LineClient.Script("client.py"), daemon.SocketPath);

    private static async Task<string> BuildRustAsync()
    {
        Prerequisite.Need(Directory.Exists("/usr/share/cargo/registry") && Directory.EnumerateDirectories("/usr/share/cargo/registry", "rmp-serde-*").Any(),
            "Rust's rmp-serde (apt-get install cargo librust-rmp-serde-dev)");
        CommandResult built = await Commands.RunAsync(Path.Combine(Prerequisite.Root, "tests/clients/rust/build.sh"), [Path.Combine(Prerequisite.Root, "artifacts/rust-client")], patience: TimeSpan.FromMinutes(5));
        return built.Success().Trim();
    }
}
