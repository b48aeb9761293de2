using System.Buffers.Binary;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>
/// Every door of the running daemon, and what comes through it malformed: answered within a second, the daemon unharmed,
/// nothing of it left. The doors' parsers have their own, longer tables in Core.Tests; here the whole way counts.
/// </summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedInputTests(SharedDaemon shared)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Malformation, bytes of a frame's body, and whether the connection stays.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        { "no message at all", "" },
        { "nil", "c0" },
        { "a number", "07" },
        { "text", "a454455354" },
        { "an empty map", "80" },
        { "an empty array", "90" },
        { "the format that never was", "c1" },
        { "a type that is a number", "81a47479706507" },
        { "a type that is nil", "81a474797065c0" },
        { "no such type", "81a474797065a45a5a5a5a" },
        { "a key that is a number", "8107a454455354" },
        { "a map cut off", "82a474797065ad51554552595f52554e4e494e47" },
        { "text cut off", "81a474797065ad5155" },
        { "bytes after the message", "81a474797065ad51554552595f52554e4e494e47c0" },
        { "text that is no UTF-8", "81a474797065a2fffe" },
        { "a surrogate in UTF-8", "81a474797065a3eda080" },
        { "binary for text", "81a474797065c40d51554552595f52554e4e494e47" },
        { "an extension type", "81a474797065d40100" },
        { "a map of four billion", "dfffffffff" },
        { "an array of four billion", "ddffffffff" },
        { "text of four billion", "dbffffffff" },
        { "the type twice", "82a474797065ad51554552595f52554e4e494e47a474797065ad51554552595f52554e4e494e47" },
        { "seq that is text", "82a474797065ad51554552595f52554e4e494e47a3736571a3616263" },
        { "seq that is negative", "82a474797065ad51554552595f52554e4e494e47a3736571ff" },
        { "array form of a request that has none", "91a6535441545553" },
        { "array form of no request", "9107" },
        { "100,000 arrays deep", "*91" },
        { "100,000 maps deep", "*81a161" },
    };

    [SkippableTheory]
    [MemberData(nameof(Bodies))]
    public async Task A_bad_body_is_answered_and_the_connection_stays(string malformation, string hex)
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        byte[] body = hex.StartsWith('*') ? [.. Enumerable.Repeat(Convert.FromHexString(hex[1..]), 100_000).SelectMany(part => part)] : Convert.FromHexString(hex);
        long began = Stopwatch.GetTimestamp();
        await peer.SendAsync(body);
        JsonObject reply = await peer.NextAsync($"an answer to {malformation}", m => m["re"] is null || true, Second * 2);
        Assert.True(Stopwatch.GetElapsedTime(began) < Second, $"{malformation} took {Stopwatch.GetElapsedTime(began)}");
        if (malformation == "the type twice")
        {
            Assert.Contains((string?)reply["type"], (string[])["ERROR", "RUNNING_APPS"]); // the same twice harms nobody
        }
        else
        {
            Assert.Equal(("ERROR", 400), ((string?)reply["type"], (int?)reply["code"]));
            Assert.NotEmpty((string?)reply["message"] ?? "");
        }

        await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING");
    }

    [SkippableTheory]
    [InlineData("ffffffff")]
    [InlineData("01004000")] // 4 MiB and one byte
    [InlineData("ffffff7f")]
    public async Task A_frame_over_the_limit_is_413_before_its_body_and_closed(string head)
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.SendRawAsync(Convert.FromHexString(head));
        JsonObject reply = await peer.NextAsync("413", _ => true, Second);
        Assert.Equal(("ERROR", 413), ((string?)reply["type"], (int?)reply["code"]));
        await peer.ClosedAsync(Second);
        await HealthyAsync(daemon);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("05")]
    [InlineData("0500")]
    [InlineData("0500000081")]
    [InlineData("4745542f20485454502f312e310d0a0d0a")] // GET / HTTP/1.1
    public async Task A_connection_that_ends_inside_a_frame_is_closed_and_forgotten(string hex)
    {
        Daemon daemon = await shared.GetAsync();
        await HealthyAsync(daemon);
        int before = ProcessTable.Descriptors(daemon.Pid).Count;
        await using (ControlPeer peer = await daemon.ConnectAsync())
        {
            await peer.SendRawAsync(Convert.FromHexString(hex));
            peer.FinishSending();
            await peer.ClosedAsync(Second);
        }

        await HealthyAsync(daemon);
        await daemon.DescriptorsAsync(before + 1);
    }

    [SkippableFact]
    public async Task A_frame_in_single_bytes_and_two_frames_in_one_write_are_read()
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        byte[] body = Convert.FromHexString("81a474797065ad51554552595f52554e4e494e47");
        byte[] frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        foreach (byte one in frame)
        {
            await peer.SendRawAsync(new[] { one });
        }

        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Second);
        await peer.SendRawAsync((byte[])[.. frame, .. frame]);
        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Second);
        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Second);
    }

    /// <summary>Request × fields × code.</summary>
    public static TheoryData<string, string, int> Requests => new()
    {
        { "LAUNCH_APP", "{}", 400 },
        { "LAUNCH_APP", """{"app_id": 7}""", 400 },
        { "LAUNCH_APP", """{"app_id": ""}""", 400 },
        { "LAUNCH_APP", """{"app_id": "../../etc"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.Example.Upper"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.nosuch"}""", 404 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "args": "no list"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "args": [1]}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "env": ["no map"]}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "surface_id": -1}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"memory": "900G"}}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"memory": "lots"}}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"cpu": "-5%"}}""", 400 },
        { "TERMINATE_APP", "{}", 400 },
        { "TERMINATE_APP", """{"session_id": "one"}""", 400 },
        { "TERMINATE_APP", """{"session_id": -1}""", 400 },
        { "TERMINATE_APP", """{"session_id": 1.5}""", 400 },
        { "TERMINATE_APP", """{"session_id": 9007199254740993}""", 400 },
        { "TERMINATE_APP", """{"session_id": 9007199254740991}""", 404 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991, "payload": "x"}""", 404 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991}""", 400 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991, "payload": {"a": 1}}""", 400 },
        { "QUERY_SESSION", """{"session_id": 9007199254740991}""", 404 },
        { "READ_LOG", """{"session_id": 9007199254740991}""", 404 },
        { "FOCUS_APP", """{"session_id": 9007199254740991}""", 404 },
        { "INSTALL", "{}", 400 },
        { "INSTALL", """{"ref": ""}""", 400 },
        { "INSTALL", """{"ref": "/nowhere/at/all"}""", 404 },
        { "INSTALL", """{"ref": "relative/path"}""", 400 },
        { "UNINSTALL", """{"app_id": "com.example.nosuch"}""", 404 },
        { "ROLLBACK", """{"app_id": "com.example.nosuch"}""", 404 },
        { "APPROVE", """{"app_id": "com.example.nosuch"}""", 404 },
        { "SET_SETTING", """{"key": "no.such.key", "value": 1}""", 404 },
        { "SET_SETTING", """{"key": "sessions.grace", "value": "soon"}""", 400 },
        { "SET_SETTING", """{"key": "sessions.grace", "value": 1e9}""", 400 },
        { "CONSOLE_OPEN", """{"session_id": 1}""", 400 },
        { "PREPARE_UPGRADE", "{}", 400 },
        { "HELLO", """{"role": "root"}""", 400 },
        { "SUBSCRIBE", """{"events": "all"}""", 400 },
    };

    [SkippableTheory]
    [MemberData(nameof(Requests))]
    public async Task A_bad_request_gets_its_code_and_a_message_that_says_why(string type, string fields, int code)
    {
        Daemon daemon = await shared.GetAsync();
        await daemon.InstallAsync("com.example.counter");
        await using ControlPeer peer = await daemon.ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        JsonObject reply = await peer.AskAsync(type, JsonNode.Parse(fields)!.AsObject());
        Assert.True(Stopwatch.GetElapsedTime(began) < Second, $"it took {Stopwatch.GetElapsedTime(began)}");
        Assert.True((string?)reply["type"] == "ERROR" && (int?)reply["code"] == code, $"{type} {fields} was answered {reply.ToJsonString()}, not {code}");
        Assert.NotEmpty((string?)reply["message"] ?? "");
    }

    /// <summary>What is done to a good package before it is installed.</summary>
    public static TheoryData<string> Packages => ["no manifest", "manifest is no TOML", "manifest of 2 MiB", "100,000 arrays", "manifest without id", "id of another package", "unknown capability",
        "no module", "empty module", "module is text", "module cut off", "module of zeros", "module with a bad section", "a link in the package", "a pipe in the package", "module is a folder", "bad signature", "signature of zeros"];

    [SkippableTheory]
    [MemberData(nameof(Packages))]
    public async Task A_bad_package_is_refused_and_nothing_of_it_stays(string malformation)
    {
        if (malformation is "module is text" or "module cut off" or "module of zeros" or "module with a bad section")
        {
            Daemon.NeedLibrary(); // only a compiler reads a module before its first launch
        }

        Daemon daemon = await shared.GetAsync();
        string id = "org.weft.test.malformed";
        string work = Directory.CreateDirectory(Path.Combine(daemon.Top, "malformed")).FullName;
        string folder = await Guests.CopyAsync(Guests.Id("exits_zero"), work, id), manifest = Path.Combine(folder, "wapp.toml"), module = Path.Combine(folder, "app.wasm");
        byte[] wasm = await File.ReadAllBytesAsync(module);
        string toml = await File.ReadAllTextAsync(manifest);
        switch (malformation)
        {
            case "no manifest": File.Delete(manifest); break;
            case "manifest is no TOML": await File.WriteAllTextAsync(manifest, "[package\nid = "); break;
            case "manifest of 2 MiB": await File.AppendAllTextAsync(manifest, "# " + new string('x', 2 << 20) + "\n"); break;
            case "100,000 arrays": await File.AppendAllTextAsync(manifest, "x = " + new string('[', 100_000) + "\n"); break;
            case "manifest without id": await File.WriteAllTextAsync(manifest, toml.Replace("id = ", "idd = ", StringComparison.Ordinal)); break;
            case "id of another package": await File.WriteAllTextAsync(manifest, toml.Replace(id, "Not.An.Id", StringComparison.Ordinal)); break;
            case "unknown capability": await File.WriteAllTextAsync(manifest, toml.Replace("[runtime]", "capabilities = [\"fs:rw:everything\"]\n[runtime]", StringComparison.Ordinal)); break;
            case "no module": File.Delete(module); break;
            case "empty module": await File.WriteAllBytesAsync(module, []); break;
            case "module is text": await File.WriteAllTextAsync(module, "(module)"); break;
            case "module cut off": await File.WriteAllBytesAsync(module, wasm[..(wasm.Length / 2)]); break;
            case "module of zeros": await File.WriteAllBytesAsync(module, new byte[4096]); break;
            case "module with a bad section": await File.WriteAllBytesAsync(module, [.. wasm[..8], 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]); break;
            case "a link in the package": File.CreateSymbolicLink(Path.Combine(folder, "link"), "/etc/passwd"); break;
            case "a pipe in the package": (await Commands.RunAsync("mkfifo", [Path.Combine(folder, "pipe")])).Success(); break;
            case "module is a folder": File.Delete(module); Directory.CreateDirectory(module); break;
            case "bad signature": await File.WriteAllTextAsync(Path.Combine(folder, "signature.sig"), "no hex\n"); break;
            case "signature of zeros": await File.WriteAllTextAsync(Path.Combine(folder, "signature.sig"), new string('0', 128) + "\n"); break;
            default: throw new ArgumentOutOfRangeException(nameof(malformation), malformation, null);
        }

        await using ControlPeer peer = await daemon.ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        bool signed = malformation.Contains("signature", StringComparison.Ordinal);
        JsonObject reply = await peer.AskAsync("INSTALL", new JsonObject { ["ref"] = folder, ["dev"] = !signed, ["approve"] = true });
        Assert.True(Stopwatch.GetElapsedTime(began) < Second, $"it took {Stopwatch.GetElapsedTime(began)}");
        Assert.Equal("ERROR", (string?)reply["type"]);
        Assert.Contains((int?)reply["code"] ?? 0, (int[])[400, 403, 404, 413]);
        await NothingOfAsync(daemon, peer, id);
        Directory.Delete(work, recursive: true);
    }

    /// <summary>Entries of a hostile archive.</summary>
    public static TheoryData<string> Archives => ["no archive", "empty", "gzip cut off", "absolute path", "dots", "two roots", "link", "hard link", "device", "the same name twice", "a bomb", "20,000 entries", "name with a newline"];

    [SkippableTheory]
    [MemberData(nameof(Archives))]
    public async Task A_hostile_archive_is_refused_and_nothing_lands_outside(string malformation)
    {
        Daemon daemon = await shared.GetAsync();
        const string id = "org.weft.test.hostile";
        string file = Path.Combine(daemon.Top, "hostile.wapp");
        await WriteArchiveAsync(file, malformation, id, await Guests.FolderAsync(Guests.Id("exits_zero")));
        await using ControlPeer peer = await daemon.ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        JsonObject reply = await peer.AskAsync("INSTALL", new JsonObject { ["ref"] = file, ["dev"] = true, ["approve"] = true });
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        Assert.True(took < Second, $"it took {took}");
        Assert.True((string?)reply["type"] == "ERROR", reply.ToJsonString());
        Assert.Contains((int?)reply["code"] ?? 0, (int[])[400, 413]);
        Assert.False(File.Exists("/weft-escaped") || File.Exists(Path.Combine(daemon.Top, "weft-escaped")) || File.Exists(Path.Combine(daemon.Top, "data/weft-escaped")));
        await NothingOfAsync(daemon, peer, id);
        File.Delete(file);
    }

    /// <summary>What a session's channel gets from a stranger: the token is not known, so nothing but the end is answered.</summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("{}\n")]
    [InlineData("[]\n")]
    [InlineData("null\n")]
    [InlineData("{\"token\":7,\"taken\":0,\"next\":1}\n")]
    [InlineData("{\"token\":\"wrong\",\"taken\":0,\"next\":1}\n")]
    [InlineData("{\"token\":\"\",\"taken\":-1,\"next\":1e99}\n{\"n\":1,\"type\":\"message\",\"payload\":\"forged\"}\n")]
    [InlineData("\u0000\u0001\u0002\n")]
    [InlineData("*600000")] // a line over the limit, without an end
    public async Task A_stranger_on_the_channel_is_turned_away_and_the_session_goes_on(string line)
    {
        Daemon daemon = await shared.GetAsync();
        await using RunningApp app = await RunningApp.LaunchAsync(daemon, Guests.Id("echo"));
        using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await stranger.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(daemon.RuntimeFolder, $"ipc-{app.Id}.sock")));
        using var unread = new CancellationTokenSource(Second / 2);
        try
        {
            await stranger.SendAsync(Encoding.UTF8.GetBytes(line.StartsWith('*') ? new string('x', int.Parse(line[1..], System.Globalization.CultureInfo.InvariantCulture)) : line), unread.Token);
            stranger.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Turned away, or left waiting while appd is the one peer.
        }

        Assert.Equal("not forged", await app.AskAsync("not forged"));
        Assert.DoesNotContain(app.Peer.Unread(), m => m.ToJsonString().Contains("\"forged\"", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("[sessions\ngrace = 1\n")]
    [InlineData("[sessions]\ngrace = \"soon\"\n")]
    [InlineData("[sessions]\ngrace = 99999999999999999999999\n")]
    [InlineData("sessions = 7\nunknown = true\n")]
    [InlineData("x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n")]
    [InlineData("\u0000\u0001\u0002")]
    [InlineData("session_user = 7\n[web]\nport = -1\n")]
    public async Task The_daemon_starts_whatever_its_settings_say_and_says_what_is_wrong(string settings)
    {
        await using Daemon daemon = await Daemon.StartAsync(settings);
        await HealthyAsync(daemon);
        Assert.Contains("appd.toml", daemon.Log, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("no hex")]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_key_that_is_none_is_passed_over_and_trusts_nobody(string key)
    {
        Daemon daemon = await shared.GetAsync();
        string folder = Directory.CreateDirectory(Path.Combine(daemon.Top, "config/weft/trusted-keys")).FullName, file = Path.Combine(folder, "bad.pub");
        await File.WriteAllTextAsync(file, key);
        string package = await Guests.CopyAsync(Guests.Id("exits_zero"), Path.Combine(daemon.Top, "keys"), "org.weft.test.keys");
        await File.WriteAllTextAsync(Path.Combine(package, "signature.sig"), new string('0', 128) + "\n");
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.ExpectErrorAsync(403, "INSTALL", new JsonObject { ["ref"] = package });
        File.Delete(file);
    }

    private static async Task HealthyAsync(Daemon daemon)
    {
        await using ControlPeer peer = await daemon.ConnectAsync();
        JsonObject reply = await peer.AskAsync("QUERY_RUNNING", patience: Second);
        Assert.Equal("RUNNING_APPS", (string?)reply["type"]);
    }

    /// <summary>The id is not installed, and no file of the store carries it.</summary>
    private static async Task NothingOfAsync(Daemon daemon, ControlPeer peer, string id)
    {
        JsonObject apps = await peer.ExpectAsync("INSTALLED_APPS", "QUERY_INSTALLED_APPS");
        Assert.DoesNotContain(apps["apps"]!.AsArray(), app => (string?)app!["app_id"] == id);
        string store = Path.Combine(daemon.Top, "data/weft/apps");
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(store, "*", SearchOption.TopDirectoryOnly), path => path.Contains(id, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(store, ".revisions", id)) && Directory.EnumerateFileSystemEntries(Path.Combine(store, ".revisions", id)).Any());
    }

    private static async Task WriteArchiveAsync(string file, string malformation, string id, string good)
    {
        if (malformation is "no archive" or "empty")
        {
            await File.WriteAllTextAsync(file, malformation == "empty" ? "" : "this is no archive\n");
            return;
        }

        await using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, id + "/"));
            byte[] manifest = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(Path.Combine(good, "wapp.toml"))).Replace(Guests.Id("exits_zero"), id, StringComparison.Ordinal));
            await AddAsync($"{id}/wapp.toml", manifest);
            await AddAsync($"{id}/app.wasm", await File.ReadAllBytesAsync(Path.Combine(good, "app.wasm")));
            switch (malformation)
            {
                case "absolute path": await AddAsync("/weft-escaped", "x"u8.ToArray()); break;
                case "dots": await AddAsync($"{id}/../../../weft-escaped", "x"u8.ToArray()); break;
                case "two roots": await AddAsync("org.weft.test.other/wapp.toml", manifest); break;
                case "link": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, $"{id}/link") { LinkName = "/etc/passwd" }); break;
                case "hard link": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.HardLink, $"{id}/link") { LinkName = $"{id}/app.wasm" }); break;
                case "device": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.CharacterDevice, $"{id}/zero") { DeviceMajor = 1, DeviceMinor = 5 }); break;
                case "the same name twice": await AddAsync($"{id}/wapp.toml", manifest); break;
                case "name with a newline": await AddAsync($"{id}/two\nlines", "x"u8.ToArray()); break;
                case "a bomb":
                    await using (var zeros = new ZeroStream(1100L << 20))
                    {
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{id}/zeros") { DataStream = zeros });
                    }

                    break;
                case "20,000 entries":
                    for (int i = 0; i < 20_000; i++)
                    {
                        await AddAsync($"{id}/{i}", []);
                    }

                    break;
                case "gzip cut off": break;
                default: throw new ArgumentOutOfRangeException(nameof(malformation), malformation, null);
            }

            async Task AddAsync(string name, byte[] bytes)
            {
                using var data = new MemoryStream(bytes);
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
            }
        }

        if (malformation == "gzip cut off")
        {
            byte[] whole = await File.ReadAllBytesAsync(file);
            await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)]);
        }
    }

    /// <summary>So many zeros.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int n = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, n);
            Position += n;
            return n;
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = origin == SeekOrigin.Begin ? offset : origin == SeekOrigin.Current ? Position + offset : length + offset;

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
