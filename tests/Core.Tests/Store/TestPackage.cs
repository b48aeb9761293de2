using System.Text;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Core.Tests.Store;

/// <summary>A folder of its own for one test, gone at its end, read-only revisions included.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "weft-" + Guid.NewGuid().ToString("n")[..12]);
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        using Linux.Descriptor parent = Linux.Files.Open(System.IO.Path.GetDirectoryName(Path)!, Linux.OpenFlags.ReadOnly | Linux.OpenFlags.Directory);
        Linux.Folders.RemoveTree(parent, System.IO.Path.GetFileName(Path));
    }
}

/// <summary>Packages to install, made on the spot.</summary>
internal static class TestPackage
{
    public const string Id = "com.example.notes";

    /// <summary>The smallest module there is: magic number and version.</summary>
    public static readonly byte[] Module = [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0];

    public static string Manifest(string version = "1.0.0", string capabilities = "", string id = Id) => $"""
        [package]
        id = "{id}"
        name = "Notes"
        version = "{version}"
        capabilities = [{capabilities}]

        [ui]
        entry = "ui/index.html"
        """;

    /// <summary>Makes a package's folder; signed where a key is given.</summary>
    public static string Make(TestFolder folder, SigningKey? key = null, string version = "1.0.0", string capabilities = "", string id = Id, string? name = null)
    {
        string path = folder[name ?? $"{id}-{version}"];
        Directory.CreateDirectory(Path.Combine(path, "ui"));
        File.WriteAllText(Path.Combine(path, "wapp.toml"), Manifest(version, capabilities, id));
        File.WriteAllBytes(Path.Combine(path, "app.wasm"), Module);
        File.WriteAllText(Path.Combine(path, "ui/index.html"), $"<!doctype html>{version}");
        if (key is not null)
        {
            PackageFolder.Sign(path, key);
        }

        return path;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>A store with its state root, app data and trusted keys in one folder.</summary>
internal sealed class TestStore : IDisposable
{
    public TestStore(bool approveAll = true, TimeProvider? time = null)
    {
        Key = SigningKey.Generate();
        Options = new PackageStoreOptions
        {
            SystemStore = Folder["system"],
            UserStore = Folder["apps"],
            StateRoot = Folder["state"],
            AppData = Folder["app-data"],
            TrustedKeyFolders = [Folder["keys"]],
            ApproveAll = approveAll,
            LockPatience = TimeSpan.Zero,
        };
        Directory.CreateDirectory(Folder["keys"]);
        Trust(Key, "ours");
        Store = new PackageStore(Options, time ?? TimeProvider.System);
    }

    public TestFolder Folder { get; } = new();

    public SigningKey Key { get; }

    public PackageStoreOptions Options { get; }

    public PackageStore Store { get; }

    public Core.Apps.AppId App { get; } = Core.Apps.AppId.Parse(TestPackage.Id);

    public void Trust(SigningKey key, string name) => File.WriteAllText(Path.Combine(Folder["keys"], name + ".pub"), key.PublicKey.Hex + "\n");

    public Task<InstallResult> Install(string path, bool development = false, bool approve = false, Func<StagedModule, CancellationToken, Task<string?>>? compile = null, List<string>? told = null) =>
        Store.InstallAsync(new InstallRequest { Path = path, Development = development, Approve = approve, Compile = compile, Progress = (what, _, _) => told?.Add(what) }, CancellationToken.None);

    public Task<InstallResult> Install(string version, string capabilities) =>
        Install(TestPackage.Make(Folder, Key, version, capabilities));

    public async Task<PackageException> Refusal(Func<Task> work, PackageFault fault)
    {
        PackageException e = await Xunit.Assert.ThrowsAsync<PackageException>(work);
        Xunit.Assert.Equal(fault, e.Fault);
        Xunit.Assert.Empty(Left());
        return e;
    }

    /// <summary>What lies in the staging folder: nothing, between calls.</summary>
    public string[] Left() => Directory.Exists(Folder["apps/.staging"]) ? Directory.GetFileSystemEntries(Folder["apps/.staging"]) : [];

    public string[] Revisions() => Directory.Exists(Folder["apps/.revisions/" + TestPackage.Id])
        ? [.. Directory.GetDirectories(Folder["apps/.revisions/" + TestPackage.Id]).Select(static p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose()
    {
        Store.Dispose();
        Key.Dispose();
        Folder.Dispose();
    }
}
