using Weft.Appd.State;
using Weft.Core.Folders;
using Xunit;

namespace Weft.Appd.Tests.State;

public sealed class RootLockTests : IDisposable
{
    private static readonly LockHolder Self = new() { Pid = 42, BootId = "b", StartTime = 7, Version = "1.2.3", Since = 1_700_000_000_000 };

    private readonly string _root = Directory.CreateTempSubdirectory("weft-lock-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_second_daemon_is_refused_with_75_and_told_who_holds_the_root()
    {
        using RootLock first = RootLock.Acquire(Paths("state", "run"), Self);

        StartRefusedException e = Assert.Throws<StartRefusedException>(() => RootLock.Acquire(Paths("state", "run"), Self with { Pid = 43 }));

        Assert.Equal(75, e.ExitCode);
        Assert.Contains("pid 42, weft-appd 1.2.3, since 2023-11-14", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state", "other")]
    [InlineData("other", "run")]
    public void One_folder_shared_is_enough_and_the_second_has_made_nothing(string state, string run)
    {
        using RootLock first = RootLock.Acquire(Paths("state", "run"), Self);
        string[] before = Directory.GetFileSystemEntries(_root, "*", SearchOption.AllDirectories);

        Assert.Equal(75, Assert.Throws<StartRefusedException>(() => RootLock.Acquire(Paths(state, run), Self)).ExitCode);

        Assert.Equal(before, Directory.GetFileSystemEntries(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_lock_file_whose_holder_is_gone_is_free_at_once()
    {
        RootLock.Acquire(Paths("state", "run"), Self).Dispose();

        using RootLock second = RootLock.Acquire(Paths("state", "run"), Self with { Pid = 43 });

        Assert.Contains("\"pid\":43", File.ReadAllText(Path.Combine(_root, "state", "state.lock")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_is_a_link_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_root, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "state"), Path.Combine(_root, "real"));

        StartRefusedException e = Assert.Throws<StartRefusedException>(() => RootLock.Acquire(Paths("state", "run"), Self));

        Assert.Equal(78, e.ExitCode);
        Assert.Contains("it is a symbolic link", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "real")));
    }

    [Theory]
    [InlineData("state")]
    [InlineData(".")]
    public void A_root_or_a_parent_that_everybody_may_write_is_refused(string open)
    {
        Directory.CreateDirectory(Path.Combine(_root, "state"));
        File.SetUnixFileMode(Path.Combine(_root, open), (UnixFileMode)0x1FF);

        StartRefusedException e = Assert.Throws<StartRefusedException>(() => RootLock.Acquire(Paths("state", "run"), Self));

        Assert.Equal(78, e.ExitCode);
        Assert.Contains("everybody may write there (mode 777)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_file_that_names_nobody_still_locks()
    {
        using RootLock first = RootLock.Acquire(Paths("state", "run"), Self);
        using (FileStream file = new(Path.Combine(_root, "state", "state.lock"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(5);
        }

        Assert.Contains("has not written its name", Assert.Throws<StartRefusedException>(() => RootLock.Acquire(Paths("state", "run"), Self)).Message, StringComparison.Ordinal);
    }

    private WeftPaths Paths(string state, string run) => new(
        name => name switch
        {
            "WEFT_STATE_DIR" => Path.Combine(_root, state),
            "WEFT_RUNTIME_DIR" => Path.Combine(_root, run),
            _ => null,
        },
        root: false,
        _root,
        _root);
}
