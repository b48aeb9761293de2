using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Packages and archives that are refused, of which nothing stays. Manifests and archives by themselves have longer tables in Core.Tests.</summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedPackageTests(SharedDaemon shared)
{
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
        Malformed.InTime(malformation, began);
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
        await HostileArchive.WriteAsync(file, malformation, id, await Guests.FolderAsync(Guests.Id("exits_zero")));
        await using ControlPeer peer = await daemon.ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        JsonObject reply = await peer.AskAsync("INSTALL", new JsonObject { ["ref"] = file, ["dev"] = true, ["approve"] = true });
        Malformed.InTime(malformation, began);
        Assert.True((string?)reply["type"] == "ERROR", reply.ToJsonString());
        Assert.Contains((int?)reply["code"] ?? 0, (int[])[400, 413]);
        Assert.False(File.Exists("/weft-escaped") || File.Exists(Path.Combine(daemon.Top, "weft-escaped")) || File.Exists(Path.Combine(daemon.Top, "data/weft-escaped")));
        await NothingOfAsync(daemon, peer, id);
        File.Delete(file);
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
}
