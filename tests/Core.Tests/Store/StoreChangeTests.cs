using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;
using Xunit;

namespace Weft.Core.Tests.Store;

public sealed class StoreChangeTests
{
    [Fact]
    public async Task Rollback_goes_back_one_and_no_further()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        await store.Install("2.0.0", "");
        InstallResult third = await store.Install("3.0.0", "");
        Assert.Equal(("2.0.0", "2.0.0"), (third.Previous, store.Store.List().Packages.Single().RollbackTo));
        Assert.Equal(2, store.Revisions().Length);

        InstalledPackage back = await store.Store.RollbackAsync(store.App, CancellationToken.None);
        Assert.Null(back.RollbackTo);
        Assert.Equal("2.0.0", back.Manifest.Version.ToString());
        Assert.Equal("2.0.0", store.Store.Resolve(store.App).Manifest.Version.ToString());
        Assert.Equal([back.Digest.Hex], store.Revisions());

        PackageException e = await store.Refusal(() => store.Store.RollbackAsync(store.App, CancellationToken.None), PackageFault.NotFound);
        Assert.Equal($"no older revision of {TestPackage.Id} is kept: install the version that is wanted", e.Message);
    }

    [Fact]
    public async Task After_a_rollback_the_next_install_has_the_revision_before_it_to_go_back_to()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        await store.Install("2.0.0", "");
        await store.Store.RollbackAsync(store.App, CancellationToken.None);
        Assert.Null(store.Store.Resolve(store.App).RollbackTo);
        await store.Install("3.0.0", "");
        Assert.Equal("1.0.0", store.Store.Resolve(store.App).RollbackTo);
        Assert.Equal("1.0.0", (await store.Store.RollbackAsync(store.App, CancellationToken.None)).Manifest.Version.ToString());
    }

    [Fact]
    public async Task A_damaged_older_revision_does_not_become_active()
    {
        using TestStore store = new();
        InstallResult first = await store.Install("1.0.0", "");
        await store.Install("2.0.0", "");
        string page = Path.Combine(first.Package.RevisionFolder, "ui/index.html");
        File.SetUnixFileMode(page, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.AppendAllText(page, "x");
        await store.Refusal(() => store.Store.RollbackAsync(store.App, CancellationToken.None), PackageFault.Untrusted);
        Assert.Equal("2.0.0", store.Store.Resolve(store.App).Manifest.Version.ToString());
    }

    [Fact]
    public async Task A_session_keeps_its_revision_through_updates_rollback_and_uninstall()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        using PackageLease lease = store.Store.OpenForLaunch(store.App);
        using PackageLease second = lease.Duplicate();
        await store.Install("2.0.0", "");
        await store.Install("3.0.0", "");
        Assert.Contains(lease.Package.Digest.Hex, store.Revisions());

        await store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None);
        Assert.Equal([lease.Package.Digest.Hex], store.Revisions());
        Assert.Empty(store.Store.List().Packages);
        using (Descriptor module = lease.OpenModule())
        {
            Assert.Equal(TestPackage.Module, Files.ReadAll(module, 100));
        }

        // One duplicate is enough to hold it.
        lease.Dispose();
        await store.Store.CollectAsync(CancellationToken.None);
        Assert.Single(store.Revisions());
        second.Dispose();
        await store.Store.CollectAsync(CancellationToken.None);
        Assert.Empty(store.Revisions());
        Assert.False(Directory.Exists(store.Folder["apps/.revisions/" + TestPackage.Id]));
    }

    [Fact]
    public async Task A_reinstall_does_not_go_back_to_what_was_uninstalled()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        using PackageLease lease = store.Store.OpenForLaunch(store.App);
        await store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None);
        await store.Install("2.0.0", "");
        await store.Refusal(() => store.Store.RollbackAsync(store.App, CancellationToken.None), PackageFault.NotFound);
    }

    [Fact]
    public async Task Uninstall_keeps_the_data_and_purge_takes_it()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        string data = Path.Combine(store.Folder["app-data"], TestPackage.Id);
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "note"), "mine");
        await store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None);
        Assert.True(File.Exists(Path.Combine(data, "note")));

        PackageException e = await store.Refusal(() => store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None), PackageFault.NotFound);
        Assert.Equal(404, e.Code);
        await store.Store.UninstallAsync(store.App, purgeData: true, CancellationToken.None);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task The_owner_stays_recorded_past_uninstall_and_keeps_others_out()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        await store.Store.UninstallAsync(store.App, purgeData: true, CancellationToken.None);

        using SigningKey other = SigningKey.Generate();
        store.Trust(other, "other");
        string foreign = TestPackage.Make(store.Folder, other, name: "foreign");
        PackageException e = await store.Refusal(() => store.Install(foreign), PackageFault.OwnedByAnother);
        Assert.Equal(
            $"{TestPackage.Id} belongs to the publisher {store.Key.PublicKey.Hex}, and this package is signed by {other.PublicKey.Hex}: its data is that publisher's; "
            + $"to give the id away on purpose, remove {store.Store.Owners.PathOf(store.App)}", e.Message);

        string unsigned = TestPackage.Make(store.Folder, name: "unsigned");
        await store.Refusal(() => store.Install(unsigned, development: true), PackageFault.OwnedByAnother);
        await store.Install("2.0.0", "");

        File.Delete(store.Store.Owners.PathOf(store.App));
        await store.Install(foreign);
        Assert.Equal(other.PublicKey, store.Store.Owners.Of(store.App));
    }

    [Fact]
    public async Task The_owners_own_development_build_is_taken_though_its_key_is_not_trusted()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        File.Delete(Path.Combine(store.Folder["keys"], "ours.pub"));
        InstallResult result = await store.Install(TestPackage.Make(store.Folder, store.Key, "2.0.0"), development: true);
        Assert.False(result.Package.Trusted);
        Assert.Equal(PackageSource.Development, result.Package.Source);
        Assert.Equal(store.Key.PublicKey, result.Package.Publisher);
    }

    [Fact]
    public async Task A_development_build_owns_nothing()
    {
        using TestStore store = new();
        await store.Install(TestPackage.Make(store.Folder), development: true);
        store.Store.OpenForLaunch(store.App).Dispose();
        Assert.Null(store.Store.Owners.Of(store.App));
        await store.Install("2.0.0", "");
        Assert.Equal(store.Key.PublicKey, store.Store.Owners.Of(store.App));
    }

    [Fact]
    public async Task What_a_package_declares_must_be_approved_and_an_update_never_widens_it_silently()
    {
        using TestStore store = new(approveAll: false);
        InstallResult first = await store.Install("1.0.0", "\"fs:rw:app-data\"");
        Assert.Equal(["fs:rw:app-data"], first.Package.NeedsApproval.Texts());
        PackageException e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.Equal(PackageFault.NeedsApproval, e.Fault);
        Assert.Equal($"{TestPackage.Id} 1.0.0 asks for fs:rw:app-data, which nobody has approved: `weft approve {TestPackage.Id}` does", e.Message);

        Assert.Equal(["fs:rw:app-data"], store.Store.Approve(store.App).Texts());
        store.Store.OpenForLaunch(store.App).Dispose();
        Assert.Empty(store.Store.Approve(store.App));

        // Less than was approved needs nothing; more names the difference alone.
        await store.Install("2.0.0", "\"fs:read:app-data\"");
        store.Store.OpenForLaunch(store.App).Dispose();
        await store.Install("3.0.0", "\"fs:rw:app-data\", \"net:fetch:example.com\"");
        e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.Equal($"{TestPackage.Id} 3.0.0 asks for net:fetch:example.com, which nobody has approved: `weft approve {TestPackage.Id}` does", e.Message);
        Assert.Equal(e.Message, Assert.Single(store.Store.List().Packages).Problem);

        await store.Install(TestPackage.Make(store.Folder, store.Key, "4.0.0", "\"sys:notifications\""), approve: true);
        store.Store.OpenForLaunch(store.App).Dispose();

        // Whoever installs it again after uninstall is asked again.
        await store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None);
        Assert.Single((await store.Install("5.0.0", "\"fs:rw:app-data\"")).Package.NeedsApproval);
    }

    [Fact]
    public async Task An_id_of_the_systems_store_cannot_be_installed_and_shadows_what_is()
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        string system = TestPackage.Make(store.Folder, store.Key, "9.0.0");
        Directory.CreateDirectory(store.Folder["system"]);
        Directory.Move(system, Path.Combine(store.Folder["system"], TestPackage.Id));

        InstalledPackage found = store.Store.Resolve(store.App);
        Assert.True(found.FromSystemStore);
        Assert.Equal("9.0.0", found.Manifest.Version.ToString());
        StoreProblem problem = Assert.Single(store.Store.List().Problems);
        Assert.Equal($"{TestPackage.Id} is in the system's store {store.Folder["system"]} and in {store.Folder["apps"]}: the system's is used; `weft uninstall {TestPackage.Id}` removes the other", problem.Message);
        Assert.Single(store.Store.List().Packages);

        PackageException e = await store.Refusal(() => store.Install("2.0.0", ""), PackageFault.Conflict);
        Assert.Equal(409, e.Code);
        await store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None);
        Assert.Empty(store.Store.List().Problems);
        e = await store.Refusal(() => store.Store.UninstallAsync(store.App, purgeData: false, CancellationToken.None), PackageFault.Conflict);
        Assert.Equal($"{TestPackage.Id} belongs to the system's store {store.Folder["system"]}: the machine's administrator updates it there", e.Message);
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("../../../etc")]
    [InlineData(".revisions/com.example.other/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(".revisions/com.example.notes/..")]
    [InlineData(".revisions/com.example.notes/current")]
    public void A_link_that_leads_elsewhere_is_refused(string target)
    {
        using TestStore store = new();
        Directory.CreateDirectory(store.Folder["apps"]);
        File.CreateSymbolicLink(store.Folder["apps/" + TestPackage.Id], target);
        PackageException e = Assert.Throws<PackageException>(() => store.Store.Resolve(store.App));
        Assert.Equal($"{store.Folder["apps"]}/{TestPackage.Id} is a link to '{Printable.Quote(target)}', which is no revision of it: remove the link and install the app again", e.Message);
        Assert.Equal(e.Message, Assert.Single(store.Store.List().Problems).Message);
    }

    [Theory]
    [InlineData("owners", "{\"format\":2,\"key\":\"x\"}", "format 2, this Weft reads up to 1")]
    [InlineData("owners", "{\"format\":1,\"key\":\"x\"}", "holds no publisher key")]
    [InlineData("owners", "", "is damaged")]
    [InlineData("owners", "[]", "is damaged")]
    [InlineData("approvals", "{\"format\":7}", "format 7, this Weft reads up to 1")]
    [InlineData("approvals", "{\"format\":1,\"capabilities\":[\"fly\"]}", "unknown capability 'fly'")]
    [InlineData("approvals", "{\"format\":1,\"capabilities\":[", "is damaged")]
    [InlineData("approvals", "{\"format\":1}", "is damaged")]
    public async Task A_record_that_cannot_be_read_is_refused_and_left_as_it_is(string folder, string content, string message)
    {
        using TestStore store = new(approveAll: false);
        await store.Install("1.0.0", "\"fs:rw:app-data\"");
        store.Store.Approve(store.App);
        string path = store.Folder[$"state/{folder}/{TestPackage.Id}.json"];
        File.WriteAllText(path, content);
        PackageException e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.Equal(PackageFault.UnreadableRecord, e.Fault);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public async Task A_plain_folder_of_the_older_layout_runs_and_its_data_moves_once()
    {
        using TestStore store = new();
        Directory.CreateDirectory(store.Folder["apps"]);
        string plain = store.Folder["apps/" + TestPackage.Id];
        Directory.Move(TestPackage.Make(store.Folder, store.Key), plain);
        Directory.CreateDirectory(Path.Combine(plain, "data/deep"));
        File.WriteAllText(Path.Combine(plain, "data/deep/note"), "mine");

        Assert.Null(Assert.Single(store.Store.List().Packages).Problem);
        using (PackageLease lease = store.Store.OpenForLaunch(store.App))
        {
            Assert.True(lease.Package.Trusted);
        }

        Assert.False(Directory.Exists(Path.Combine(plain, "data")));
        Assert.Equal("mine", File.ReadAllText(store.Folder[$"app-data/{TestPackage.Id}/deep/note"]));
        Assert.Equal(store.Key.PublicKey, store.Store.Owners.Of(store.App));

        // New data in the old place is a conflict that nobody can decide but a person.
        Directory.CreateDirectory(Path.Combine(plain, "data"));
        store.Store.OpenForLaunch(store.App).Dispose(); // an empty folder is nothing
        File.WriteAllText(Path.Combine(plain, "data/note"), "other");
        PackageException e = Assert.Throws<PackageException>(() => store.Store.OpenForLaunch(store.App));
        Assert.Equal(PackageFault.Conflict, e.Fault);
        Assert.Equal($"data of {TestPackage.Id} lies in two places, {plain}/data and {store.Folder["app-data/" + TestPackage.Id]}: move one of them away, then launch it again", e.Message);

        Directory.Delete(Path.Combine(plain, "data"), recursive: true);
        InstallResult update = await store.Install("2.0.0", "");
        Assert.Equal("1.0.0", update.Previous);
        Assert.NotNull(new FileInfo(plain).LinkTarget);
        Assert.Equal("1.0.0", (await store.Store.RollbackAsync(store.App, CancellationToken.None)).Manifest.Version.ToString());
    }

    [Fact]
    public void A_data_folder_that_came_with_the_package_stays_in_it()
    {
        using TestStore store = new();
        Directory.CreateDirectory(store.Folder["apps"]);
        string package = TestPackage.Make(store.Folder);
        Directory.CreateDirectory(Path.Combine(package, "data"));
        File.WriteAllText(Path.Combine(package, "data/words"), "a b c");
        PackageFolder.Sign(package, store.Key);
        Directory.Move(package, store.Folder["apps/" + TestPackage.Id]);

        using PackageLease lease = store.Store.OpenForLaunch(store.App);
        using Descriptor words = lease.OpenFile("data/words");
        Assert.False(Directory.Exists(store.Folder["app-data/" + TestPackage.Id]));
    }

    [Theory]
    [InlineData("../other")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    [InlineData("ui")]
    [InlineData("ui/none")]
    [InlineData("ui/index.html\0x")]
    [InlineData("app.wasm/x")]
    public async Task A_lease_opens_files_of_its_package_only(string path)
    {
        using TestStore store = new();
        await store.Install("1.0.0", "");
        using PackageLease lease = store.Store.OpenForLaunch(store.App);
        using (Descriptor page = lease.OpenFile("ui/index.html"))
        {
            Assert.Equal("<!doctype html>1.0.0"u8.ToArray(), Files.ReadAll(page, 100));
        }

        Assert.Equal(PackageFault.NotFound, Assert.Throws<PackageException>(() => lease.OpenFile(path)).Fault);
    }

    [Fact]
    public async Task Installs_launches_and_collections_at_once_never_see_half_a_package()
    {
        using TestStore store = new();
        string[] packages = [.. Enumerable.Range(1, 4).Select(i => TestPackage.Make(store.Folder, store.Key, $"{i}.0.0"))];
        await store.Install(packages[0]);
        using CancellationTokenSource stop = new();
        using CountdownEvent begun = new(4);
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            int seen = 0;
            while (!stop.IsCancellationRequested)
            {
                using PackageLease lease = store.Store.OpenForLaunch(store.App);
                using Descriptor page = lease.OpenFile("ui/index.html");
                Assert.Equal($"<!doctype html>{lease.Package.Manifest.Version}", System.Text.Encoding.UTF8.GetString(Files.ReadAll(page, 100)));
                if (seen++ == 0)
                {
                    begun.Signal();
                }
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            Assert.True(begun.Wait(TimeSpan.FromSeconds(30)) || readers.Any(static r => r.IsFaulted), "no launch came through");
            for (int i = 0; i < 60; i++)
            {
                await store.Install(packages[i % packages.Length]);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }
    }
}
