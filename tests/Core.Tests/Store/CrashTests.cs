using System.Diagnostics;
using System.Text;
using Weft.Core.Store;
using Weft.Linux;
using Xunit;

namespace Weft.Core.Tests.Store;

/// <summary>The child of <see cref="CrashTests"/>: installs packages in turn, rolls back now and then, until it is killed.</summary>
internal static class InstallLoop
{
    public static PackageStoreOptions Options(string folder) => new()
    {
        UserStore = Path.Combine(folder, "apps"),
        StateRoot = Path.Combine(folder, "state"),
        AppData = Path.Combine(folder, "app-data"),
        TrustedKeyFolders = [Path.Combine(folder, "keys")],
        ApproveAll = true,
    };

    public static async Task<int> RunAsync(string folder, string id, string[] packages)
    {
        using PackageStore store = new(Options(folder), TimeProvider.System);
        for (int i = 0; ; i++)
        {
            await store.InstallAsync(new InstallRequest { Path = packages[i % packages.Length] }, CancellationToken.None);
            if (i == 0)
            {
                Console.WriteLine("begun");
            }

            if (i % 5 == 4)
            {
                await store.RollbackAsync(Core.Apps.AppId.Parse(id), CancellationToken.None);
            }

            if (i % 11 == 10)
            {
                await store.UninstallAsync(Core.Apps.AppId.Parse(id), purgeData: false, CancellationToken.None);
            }
        }
    }
}

public sealed class CrashTests
{
    [Fact]
    public async Task Killed_at_any_moment_the_store_has_one_whole_revision_and_goes_on()
    {
        // ./dev test --long: as often as a release wants it.
        int kills = Environment.GetEnvironmentVariable("WEFT_LONG") is { Length: > 0 } ? 200 : 40;
        using TestStore made = new();
        string[] packages =
        [
            TestPackage.Make(made.Folder, made.Key, "1.0.0"),
            TestPackage.Make(made.Folder, made.Key, "2.0.0"),
            TestPackage.Make(made.Folder, made.Key, "3.0.0"),
        ];
        using PackageStore store = new(InstallLoop.Options(made.Folder.Path), TimeProvider.System);
        Random random = new(1);
        int found = 0;
        for (int i = 0; i < kills; i++)
        {
            await KillOneAsync(made.Folder.Path, packages, TimeSpan.FromMilliseconds(random.NextDouble() * 60));

            // Nothing is swept before this look: what the kill left is what a launch finds.
            try
            {
                using PackageLease lease = store.OpenForLaunch(made.App);
                using Descriptor page = lease.OpenFile("ui/index.html");
                Assert.Equal($"<!doctype html>{lease.Package.Manifest.Version}", Encoding.UTF8.GetString(Files.ReadAll(page, 100)));
                found++;
            }
            catch (PackageException e) when (e.Fault == PackageFault.NotFound)
            {
                // Killed after an uninstall.
            }

            Assert.Empty(store.List().Problems);
        }

        Assert.InRange(found, kills / 2, kills);
        await store.InstallAsync(new InstallRequest { Path = packages[0] }, CancellationToken.None);
        await store.InstallAsync(new InstallRequest { Path = packages[1] }, CancellationToken.None);
        Assert.Equal("1.0.0", (await store.RollbackAsync(made.App, CancellationToken.None)).Manifest.Version.ToString());
        Assert.Empty(made.Left());
        Assert.Single(made.Revisions());
    }

    private static async Task KillOneAsync(string folder, string[] packages, TimeSpan after)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["exec", typeof(CrashTests).Assembly.Location, "install-loop", folder, TestPackage.Id, .. packages])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        string? line = await child.StandardOutput.ReadLineAsync();
        Assert.True(line == "begun", line ?? await child.StandardError.ReadToEndAsync());
        long from = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(from) < after)
        {
            Thread.SpinWait(100);
        }

        child.Kill();
        await child.WaitForExitAsync();
    }
}
