using Weft.Linux;

namespace Linux.Tests;

public sealed class FilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-linux-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Errors_name_call_path_and_number()
    {
        string path = Path.Combine(_folder, "missing");
        LinuxException error = Assert.Throws<LinuxException>(() => Files.Open(path, OpenFlags.ReadOnly));
        Assert.Equal($"open {path}: No such file or directory (ENOENT)", error.Message);
        Assert.Equal(("open", path, Errno.ENOENT), (error.Call, error.Path, error.Errno));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using Descriptor file = Files.Open(Path.Combine(_folder, "a"), OpenFlags.ReadWrite | OpenFlags.Create);
        Files.WriteAt(file, "hello"u8, 0);
        Files.WriteAt(file, "HE"u8, 3);
        byte[] buffer = new byte[10];
        Assert.Equal(5, Files.ReadAt(file, buffer, 0));
        Assert.Equal("helHE"u8, buffer.AsSpan(0, 5));
        Assert.Equal("helHE"u8, Files.ReadAll(file, 5));
        LinuxException error = Assert.Throws<LinuxException>(() => Files.ReadAll(file, 4));
        Assert.Equal(Errno.EFBIG, error.Errno);
    }

    [Fact]
    public void Files_whose_size_reads_as_zero_are_read_whole()
        => Assert.Contains("Weft.Linux", System.Text.Encoding.UTF8.GetString(Files.ReadAll("/proc/self/maps", 16 << 20)), StringComparison.Ordinal);

    [Fact]
    public void Facts_tell_files_apart()
    {
        string path = Path.Combine(_folder, "a");
        File.WriteAllText(path, "12345");
        File.SetUnixFileMode(path, (UnixFileMode)0x1A0);
        using Descriptor file = Files.Open(path, OpenFlags.ReadOnly);
        FileFacts facts = Files.Stat(file);
        Assert.Equal((FileType.Regular, 5L, 0x1A0, 1), (facts.Type, facts.Size, facts.Mode, facts.Links));
        Assert.Equal(facts, Files.Stat(path));
        Assert.InRange(facts.WriteTime / 1_000_000_000, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);

        Files.Link(path, path + "-link");
        Assert.Equal(FileType.Link, Files.Stat(path + "-link", followLink: false).Type);
        Assert.Equal(facts.Inode, Files.Stat(path + "-link").Inode);
        Assert.Equal(FileType.Directory, Files.Stat(_folder).Type);
        Assert.Equal(FileType.CharacterDevice, Files.Stat("/dev/null").Type);
        Assert.Null(Files.TryStat(path + "-none"));

        File.Move(path, path + "-old");
        File.WriteAllText(path, "12345");
        Assert.NotEqual(facts.Inode, Files.Stat(path).Inode);
        Assert.True(Files.Stat(path + "-old").ChangeTime >= facts.ChangeTime);
    }

    [Theory]
    [InlineData("link", Errno.ELOOP)]
    [InlineData("../outside", Errno.EXDEV)]
    [InlineData("/etc/passwd", Errno.EXDEV)]
    [InlineData("sub/../../outside", Errno.EXDEV)]
    [InlineData("missing", Errno.ENOENT)]
    public void Nothing_outside_a_folder_is_opened(string path, int errno)
    {
        string inside = Path.Combine(_folder, "inside");
        Directory.CreateDirectory(Path.Combine(inside, "sub"));
        File.WriteAllText(Path.Combine(_folder, "outside"), "");
        Files.Link("/etc/passwd", Path.Combine(inside, "link"));
        using Descriptor folder = Files.Open(inside, OpenFlags.Path | OpenFlags.Directory);
        Assert.Equal(errno, Assert.Throws<LinuxException>(() => Files.OpenBeneath(folder, path, OpenFlags.ReadOnly)).Errno);
    }

    [Fact]
    public void What_is_below_a_folder_is_opened_and_made()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        using Descriptor folder = Files.Open(_folder, OpenFlags.Path | OpenFlags.Directory);
        Files.OpenBeneath(folder, "sub/../sub/new", OpenFlags.WriteOnly | OpenFlags.Create, 0x180).Dispose();
        Assert.True(File.Exists(Path.Combine(_folder, "sub", "new")));
    }

    [Fact]
    public void A_file_is_replaced_whole_with_its_mode_and_nothing_beside_it()
    {
        string path = Path.Combine(_folder, "state");
        Files.WriteAtomically(path, "one"u8, 0x1A4);
        Files.WriteAtomically(path, "second"u8, 0x180);
        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal(0x180, Files.Stat(path).Mode);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_replacement_that_fails_leaves_the_old_file_and_no_temporary_one()
    {
        string path = Path.Combine(_folder, "state");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "kept"), "");
        Assert.Equal("rename", Assert.Throws<LinuxException>(() => Files.WriteAtomically(path, "x"u8)).Call);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [SkippableFact]
    public void A_replacement_on_a_full_disk_says_so_and_keeps_the_old_file()
    {
        Skip.IfNot(Environment.UserName == "root" && Directory.Exists("/dev/shm"), "needs root to mount a small tmpfs");
        string mount = Path.Combine(_folder, "small");
        Directory.CreateDirectory(mount);
        Skip.IfNot(Run("/bin/mount", "-t", "tmpfs", "-o", "size=64k", "weft-test", mount) == 0, "mounting a tmpfs is not allowed here");
        try
        {
            string path = Path.Combine(mount, "state");
            Files.WriteAtomically(path, "old"u8);
            Assert.Equal(Errno.ENOSPC, Assert.Throws<LinuxException>(() => Files.WriteAtomically(path, new byte[256 * 1024])).Errno);
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(mount));
            Files.WriteAtomically(path, "new"u8);
            Assert.Equal("new", File.ReadAllText(path));
        }
        finally
        {
            Assert.Equal(0, Run("/bin/umount", mount));
        }
    }

    [Fact]
    public void A_private_folder_is_made_with_its_parents_and_closed_to_others()
    {
        string path = Path.Combine(_folder, "a", "b", "c");
        Files.MakePrivateFolder(path);
        Assert.Equal(0x1C0, Files.Stat(path).Mode);
        Assert.Equal(0x1C0, Files.Stat(Path.Combine(_folder, "a")).Mode);

        File.SetUnixFileMode(path, (UnixFileMode)0x1ED); // 0755
        Files.MakePrivateFolder(path + "/");
        Assert.Equal(0x1C0, Files.Stat(path).Mode);
    }

    [Theory]
    [InlineData("link", Errno.ELOOP)]
    [InlineData("file", Errno.ENOTDIR)]
    [InlineData("open", Errno.EPERM)]
    [InlineData("foreign", Errno.EPERM)]
    public void A_folder_that_others_prepared_is_refused_untouched(string kind, int errno)
    {
        string path = Path.Combine(_folder, kind);
        switch (kind)
        {
            case "link":
                Files.Link(Directory.CreateDirectory(path + "-target").FullName, path);
                break;
            case "file":
                File.WriteAllText(path, "");
                break;
            case "open":
                Directory.CreateDirectory(path);
                File.SetUnixFileMode(path, (UnixFileMode)0x1FF); // 0777
                break;
            default:
                if (Environment.UserName != "root")
                {
                    return; // Only root can give a folder away; others see the other three rows.
                }

                Directory.CreateDirectory(path);
                Assert.Equal(0, Run("/bin/chown", "65534", path));
                break;
        }

        FileFacts before = Files.Stat(path, followLink: false);
        LinuxException error = Assert.Throws<LinuxException>(() => Files.MakePrivateFolder(path));
        Assert.Equal(errno, error.Errno);
        Assert.Equal(path, error.Path);
        Assert.Equal(before, Files.Stat(path, followLink: false));
    }

    [Fact]
    public void A_lock_is_held_once_and_does_not_stop_readers()
    {
        string path = Path.Combine(_folder, "lock");
        using Descriptor first = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.Create);
        using Descriptor second = Files.Open(path, OpenFlags.ReadWrite);
        Assert.True(Files.TryLockExclusive(first));
        Assert.False(Files.TryLockExclusive(second));
        Assert.False(Files.TryLockShared(second));
        Files.WriteAt(first, "pid"u8, 0);
        Assert.Equal("pid", File.ReadAllText(path));

        Files.Unlock(first);
        Assert.True(Files.TryLockShared(second));
        Assert.True(Files.TryLockShared(first));
        Assert.False(Files.TryLockExclusive(first));
        second.Dispose();
        Assert.True(Files.TryLockExclusive(first));
    }

    [Fact]
    public async Task A_lock_is_free_when_its_holder_was_killed()
    {
        string path = Path.Combine(_folder, "lock");
        ChildProcess child;
        using (Descriptor file = Files.Open(path, OpenFlags.ReadWrite | OpenFlags.Create))
        {
            // The lock belongs to the open file: the child holds it from here on.
            Assert.True(Files.TryLockExclusive(file));
            child = ChildProcess.Start(new SpawnRequest { Program = "/bin/sleep", Arguments = ["100"], Descriptors = [new(file, 3)] });
        }

        using (child)
        {
            using Descriptor second = Files.Open(path, OpenFlags.ReadWrite);
            Assert.False(Files.TryLockExclusive(second));
            child.Signal(Signals.SIGKILL);
            await child.Exited.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.True(Files.TryLockExclusive(second));
        }
    }

    [Fact]
    public void A_descriptor_is_given_away_once()
    {
        Descriptor descriptor = Files.Open("/dev/null", OpenFlags.ReadOnly);
        int number = descriptor.Number;
        using (var handle = descriptor.ToFileHandle())
        {
            Assert.True(descriptor.IsInvalid || descriptor.IsClosed);
            descriptor.Dispose();
            Assert.Equal(number, (int)handle.DangerousGetHandle());
            Assert.True(Path.Exists($"/proc/self/fd/{number}"));
        }

        Assert.Throws<LinuxException>(() => Descriptor.Inherited(9999));
    }

    private static int Run(string program, params string[] arguments)
    {
        using ChildProcess child = ChildProcess.Start(new SpawnRequest { Program = program, Arguments = arguments, Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" } });
        return child.Exited.WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult().Code ?? -1;
    }
}
