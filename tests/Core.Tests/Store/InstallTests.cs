using System.Diagnostics;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;
using Xunit;

namespace Weft.Core.Tests.Store;

public sealed class InstallTests
{
    [Fact]
    public async Task A_signed_package_becomes_a_read_only_revision_behind_a_link()
    {
        using TestStore store = new();
        InstallResult result = await store.Install("1.0.0", "");

        string digest = result.Package.Digest.Hex;
        Assert.Null(result.Previous);
        Assert.True(result.Package.Trusted);
        Assert.Equal(PackageSource.Directory, result.Package.Source);
        Assert.Equal(store.Key.PublicKey, result.Package.Publisher);
        Assert.Equal($".revisions/{TestPackage.Id}/{digest}", new FileInfo(store.Folder["apps/" + TestPackage.Id]).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(Path.Combine(result.Package.RevisionFolder, "app.wasm")));
        Assert.Equal((UnixFileMode)0x16D, File.GetUnixFileMode(result.Package.RevisionFolder));
        Assert.Equal((UnixFileMode)0x16D, File.GetUnixFileMode(Path.Combine(result.Package.RevisionFolder, "ui")));
        Assert.Empty(store.Left());
    }

    [Fact]
    public async Task An_unsigned_package_needs_dev_and_is_marked_everywhere()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        PackageException e = await store.Refusal(() => store.Install(package), PackageFault.Untrusted);
        Assert.Equal($"{TestPackage.Id} is not signed: sign it with `weft pack sign`, or install it with --dev", e.Message);
        Assert.Equal(403, e.Code);

        await store.Install(package, development: true);
        InstalledPackage installed = Assert.Single(store.Store.List().Packages);
        Assert.Equal(PackageSource.Development, installed.Source);
        Assert.False(installed.Trusted);
        Assert.Null(installed.Problem);
        using PackageLease lease = store.Store.OpenForLaunch(store.App);
        Assert.Equal(PackageSource.Development, lease.Package.Source);
    }

    [Fact]
    public async Task A_package_of_a_stranger_is_refused_and_one_whose_file_changed_too()
    {
        using TestStore store = new();
        using SigningKey stranger = SigningKey.Generate();
        string foreign = TestPackage.Make(store.Folder, stranger, name: "foreign");
        PackageException e = await store.Refusal(() => store.Install(foreign), PackageFault.Untrusted);
        Assert.StartsWith($"no trusted key signed {TestPackage.Id} as it is here", e.Message, StringComparison.Ordinal);

        string changed = TestPackage.Make(store.Folder, store.Key, name: "changed");
        File.AppendAllText(Path.Combine(changed, "ui/index.html"), "x");
        await store.Refusal(() => store.Install(changed), PackageFault.Untrusted);
        Assert.Empty(store.Store.List().Packages);
    }

    [Fact]
    public async Task A_key_that_is_no_longer_trusted_stops_the_next_launch()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        store.Store.OpenForLaunch(store.App).Dispose();
        File.Delete(Path.Combine(store.Folder["keys"], "ours.pub"));

        PackageException e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.Equal(PackageFault.Untrusted, e.Fault);
        Assert.Equal(e.Message, Assert.Single(store.Store.List().Packages).Problem);
        Assert.False(store.Store.List().Packages[0].Trusted);

        store.Trust(store.Key, "again");
        store.Store.OpenForLaunch(store.App).Dispose();
    }

    [Theory]
    [InlineData("app.wasm")]
    [InlineData("ui/index.html")]
    [InlineData("wapp.toml")]
    [InlineData("signature.sig")]
    public async Task A_changed_file_of_a_revision_is_noticed_at_the_next_launch(string file)
    {
        using TestStore store = new();
        InstallResult result = await store.Install("1.0.0", "");
        store.Store.OpenForLaunch(store.App).Dispose();

        // Same length, and the times put back: only the kernel's change time tells.
        string path = Path.Combine(result.Package.RevisionFolder, file);
        DateTime written = File.GetLastWriteTimeUtc(path);
        await Task.Delay(150); // beyond what counts as just installed
        store.Store.OpenForLaunch(store.App).Dispose();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^2] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, written);

        PackageException e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.True(e.Fault is PackageFault.Untrusted or PackageFault.Invalid, e.Message);
    }

    [Fact]
    public async Task A_file_added_to_a_revision_is_noticed()
    {
        using TestStore store = new();
        InstallResult result = await store.Install("1.0.0", "");
        File.SetUnixFileMode(Path.Combine(result.Package.RevisionFolder, "ui"), (UnixFileMode)0x1ED);
        File.WriteAllText(Path.Combine(result.Package.RevisionFolder, "ui/more.js"), "");
        PackageException e = Assert.Throws<PackageException>(() => store.Store.Resolve(store.App));
        Assert.EndsWith("were changed after it was installed: install it again", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_compile_is_not_installed()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder, store.Key);
        InvalidOperationException refusal = new("no");
        Assert.Same(refusal, await Assert.ThrowsAsync<InvalidOperationException>(() => store.Install(package, compile: (_, _) => throw refusal)));
        Assert.Empty(store.Left());
        Assert.Empty(store.Store.List().Packages);

        byte[]? seen = null;
        List<string> told = [];
        await store.Install(package, told: told, compile: (module, _) =>
        {
            seen = Files.ReadAll(module.Module, 100);
            return Task.FromResult<string?>("no library");
        });
        Assert.Equal(TestPackage.Module, seen);
        Assert.Contains("not compiled ahead: no library", told);
    }

    [Fact]
    public async Task Every_mistake_of_the_manifest_is_in_the_message()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        File.WriteAllText(Path.Combine(package, "wapp.toml"), "[package]\nid = \"no\"\nname = \"\"\nversion = \"1.0.0\"\n");
        PackageException e = await store.Refusal(() => store.Install(package, development: true), PackageFault.Invalid);
        Assert.Contains("line 2", e.Message, StringComparison.Ordinal);
        Assert.Contains("line 3", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "ln -s /etc/passwd ui/x", "'ui/x' is a link: a package holds folders and regular files only" },
        { "ln -s .. ui/x", "'ui/x' is a link: a package holds folders and regular files only" },
        { "mkfifo ui/x", "'ui/x' is a FIFO: a package holds folders and regular files only" },
        { "touch \"$(printf 'ui/a\\tb')\"", "holds a control character: rename it" },
        { "touch \"$(printf 'ui/a\\nb')\"", "holds a control character: rename it" },
        { "touch \"$(printf 'ui/\\377')\"", "holds a name that is not UTF-8: rename it" },
        { "rm app.wasm", "the module 'app.wasm' is missing: build it, or name another in [runtime]" },
        { "echo 1234567890 > app.wasm", "'app.wasm' is no WebAssembly: it does not begin with \\0asm" },
        { "rm ui/index.html", "the page 'ui/index.html' is missing: add it, or leave [ui] out" },
        { "rm wapp.toml", "it has no wapp.toml at its root" },
        { "head -c 70000 /dev/zero > wapp.toml", "wapp.toml has 70000 bytes, at most 65536 are read" },
        { "echo nonsense > signature.sig", "signature.sig is no signature (128 hex digits): sign the package again" },
        { "truncate -s 2G big", "more than 1073741824 bytes, at 'big'" },
        { "mkdir -p $(seq -s/ 1 40)", "is deeper than 32 folders" },
        { "cd ui; seq 1 10001 | xargs touch", "holds more than 10000 files and folders" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_folder_is_refused_within_a_second(string script, string message)
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        using (Process shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = package })!)
        {
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
        }

        Stopwatch watch = Stopwatch.StartNew();
        PackageException e = await Assert.ThrowsAsync<PackageException>(() => store.Install(package, development: true));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.True(e.Fault is PackageFault.Invalid or PackageFault.TooLarge);
        Assert.Empty(store.Left());
    }

    [Fact]
    public async Task What_is_no_package_at_all_is_named()
    {
        using TestStore store = new();
        PackageException e = await store.Refusal(() => store.Install("/dev/null"), PackageFault.Invalid);
        Assert.Equal("/dev/null is neither a folder nor a file: name a package's folder or a .wapp archive", e.Message);
        e = await store.Refusal(() => store.Install(store.Folder["nothing"]), PackageFault.NotFound);
        Assert.Equal($"there is no package {store.Folder["nothing"]}: name a package's folder or a .wapp archive", e.Message);
    }

    [Fact]
    public async Task The_same_content_with_another_signature_is_another_revision_of_the_same_digest()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        InstallResult first = await store.Install(package, development: true);
        PackageFolder.Sign(package, store.Key);
        InstallResult second = await store.Install(package);

        Assert.Equal(first.Package.Digest, second.Package.Digest);
        Assert.NotEqual(first.Package.RevisionFolder, second.Package.RevisionFolder);
        Assert.StartsWith(first.Package.RevisionFolder, second.Package.RevisionFolder, StringComparison.Ordinal);
        Assert.True(second.Package.Trusted);
        Assert.Equal(second.Package.RevisionFolder, (await store.Install(package)).Package.RevisionFolder);
    }

    [Fact]
    public async Task An_install_in_one_process_holds_off_another_until_patience_ends()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        using Descriptor held = Files.Open(store.Folder["apps/.lock"], OpenFlags.ReadWrite);
        Assert.True(Files.TryLockExclusive(held));
        PackageException e = await store.Refusal(() => store.Install(TestPackage.Make(store.Folder, store.Key, "2.0.0")), PackageFault.Busy);
        Assert.Equal($"another process is changing {store.Folder["apps"]}: try again when it is done", e.Message);
    }

    [Fact]
    public async Task A_thousand_files_install_and_resolve_in_reasonable_time()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        for (int i = 0; i < 1000; i++)
        {
            Directory.CreateDirectory(Path.Combine(package, $"ui/{i % 30}"));
            File.WriteAllText(Path.Combine(package, $"ui/{i % 30}/{i}.js"), new string('x', 2000));
        }

        PackageFolder.Sign(package, store.Key);

        // The bound is wide: one flush waits for whatever else the machine is writing.
        Stopwatch watch = Stopwatch.StartNew();
        await store.Install(package);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }
}
