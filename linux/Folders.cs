using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Linux;

/// <summary>
/// Calls on what lies in an open folder: the folder is held, so renaming or swapping a parent changes nothing. Names are single names
/// unless said otherwise. Every call throws <see cref="LinuxException"/> with call and name.
/// </summary>
public static partial class Folders
{
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCHANGE = 2;
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>The names in a folder, without <c>.</c> and <c>..</c>, sorted by their UTF-8 bytes. A name that is no UTF-8 is EILSEQ; more than <paramref name="limit"/> names are EFBIG.</summary>
    public static List<string> List(Descriptor folder, int limit = int.MaxValue)
    {
        List<byte[]> names = RawNames(folder, limit);
        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        List<string> result = new(names.Count);
        foreach (byte[] name in names)
        {
            try
            {
                result.Add(StrictUtf8.GetString(name.AsSpan(0, name.Length - 1)));
            }
            catch (DecoderFallbackException)
            {
                string shown = Encoding.Latin1.GetString(name, 0, name.Length - 1);
                throw new LinuxException("getdents64", $"{Files.Describe(folder)}/{shown}", Errno.EILSEQ, "file names must be UTF-8: rename it");
            }
        }

        return result;
    }

    /// <summary>Makes a folder; false where the name is taken. The umask does not matter.</summary>
    public static bool Make(Descriptor folder, string name, int mode)
    {
        if (mkdirat(folder, name, mode) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno == Errno.EEXIST ? false : throw new LinuxException("mkdir", name, errno);
        }

        using Descriptor made = Open(folder, name);
        Files.SetMode(made, mode);
        return true;
    }

    /// <summary>Opens a folder in a folder; a link of that name is refused.</summary>
    public static Descriptor Open(Descriptor folder, string name) =>
        Files.OpenAt(folder, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);

    /// <summary>Opens a folder in a folder, which is made (with <paramref name="mode"/>) where it is missing.</summary>
    public static Descriptor OpenOrMake(Descriptor folder, string name, int mode)
    {
        Make(folder, name, mode);
        return Open(folder, name);
    }

    /// <summary>Makes a link with the text <paramref name="target"/>; the name must be free.</summary>
    public static void Link(Descriptor folder, string name, string target)
    {
        if (symlinkat(target, folder, name) < 0)
        {
            throw LinuxException.FromLastError("symlink", name);
        }
    }

    /// <summary>The text of a link; null where there is nothing of that name or it is no link.</summary>
    public static unsafe string? TryReadLink(Descriptor folder, string name)
    {
        byte* text = stackalloc byte[4096];
        nint length = readlinkat(folder, name, text, 4096);
        if (length < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno is Errno.ENOENT or Errno.EINVAL or Errno.ENOTDIR ? null : throw new LinuxException("readlink", name, errno);
        }

        // The kernel wrote length bytes of the 4096 on this frame.
        return Encoding.UTF8.GetString(text, (int)length);
    }

    /// <summary>The facts of what a path below the folder names, links not followed at its end; null where nothing is there.</summary>
    public static FileFacts? TryStat(Descriptor folder, string path)
    {
        FileFacts? facts = Files.TryStatAt(folder, path, AT_SYMLINK_NOFOLLOW, out int errno);
        return facts is not null || errno is Errno.ENOENT or Errno.ENOTDIR ? facts : throw new LinuxException("stat", path, errno);
    }

    /// <summary>Renames over whatever file or link has the new name, in one step.</summary>
    public static void Rename(Descriptor from, string name, Descriptor to, string newName) => Rename(from, name, to, newName, 0);

    /// <summary>Renames, unless the new name is taken: then false.</summary>
    public static bool TryRename(Descriptor from, string name, Descriptor to, string newName)
    {
        try
        {
            Rename(from, name, to, newName, RENAME_NOREPLACE);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.EEXIST or Errno.ENOTEMPTY)
        {
            return false;
        }
    }

    /// <summary>Two names, both taken, change places in one step: nobody sees either missing.</summary>
    public static void Exchange(Descriptor from, string name, Descriptor to, string newName) => Rename(from, name, to, newName, RENAME_EXCHANGE);

    /// <summary>Everything written to this folder's file system so far is on disk when this returns (syncfs): one wait instead of one per file.</summary>
    public static void SyncFileSystem(Descriptor folder)
    {
        if (syncfs(folder) < 0)
        {
            throw LinuxException.FromLastError("syncfs", Files.Describe(folder));
        }
    }

    /// <summary>
    /// Locks a folder beside other shared locks (flock, which unlike OFD locks needs no write access and works on folders); false where it is
    /// held exclusively. The lock belongs to the open folder: it ends with the last descriptor of it.
    /// </summary>
    public static bool TryLockShared(Descriptor folder) => TryLock(folder, LOCK_SH);

    /// <summary>As <see cref="TryLockShared"/>, alone.</summary>
    public static bool TryLockExclusive(Descriptor folder) => TryLock(folder, LOCK_EX);

    /// <summary>
    /// Removes what has that name, a folder with all it holds, whatever its modes and names; says whether there was something. Links are
    /// removed, never followed. Memory and descriptors grow with depth only.
    /// </summary>
    public static bool RemoveTree(Descriptor folder, string name) => RemoveTree(folder, Encoding.UTF8.GetBytes(name + '\0'));

    private static bool RemoveTree(Descriptor folder, byte[] name)
    {
        if (unlinkat(folder, name, 0) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        if (errno == Errno.ENOENT)
        {
            return false;
        }

        if (errno is not (Errno.EISDIR or Errno.EPERM))
        {
            throw new LinuxException("unlink", Shown(name), errno);
        }

        int number = openat(folder, name, (int)(OpenFlags.Directory | OpenFlags.NoFollow) | O_CLOEXEC, 0);
        if (number < 0 && Marshal.GetLastPInvokeError() == Errno.EACCES && fchmodat(folder, name, OwnerAll, 0) == 0)
        {
            // Not readable even for its owner: made so by us two lines up.
            number = openat(folder, name, (int)(OpenFlags.Directory | OpenFlags.NoFollow) | O_CLOEXEC, 0);
        }

        if (number < 0)
        {
            throw LinuxException.FromLastError("open", Shown(name));
        }

        using (Descriptor inner = new(number))
        {
            List<byte[]> names = RawNames(inner, int.MaxValue);
            if (names.Count > 0)
            {
                // Revisions are read-only, their folders too.
                Files.SetMode(inner, OwnerAll);
                foreach (byte[] child in names)
                {
                    RemoveTree(inner, child);
                }
            }
        }

        return unlinkat(folder, name, AT_REMOVEDIR) == 0 || Marshal.GetLastPInvokeError() == Errno.ENOENT
            ? true
            : throw LinuxException.FromLastError("rmdir", Shown(name));
    }

    private const int OwnerAll = 0x1C0; // 0700
    private const int O_CLOEXEC = 0x80000;
    private const int AT_REMOVEDIR = 0x200;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static string Shown(byte[] name) => Encoding.UTF8.GetString(name, 0, name.Length - 1);

    // Each name with the NUL at its end, as the calls take them.
    private static unsafe List<byte[]> RawNames(Descriptor folder, int limit)
    {
        const int BufferLength = 32 * 1024;
        List<byte[]> names = [];
        byte[] buffer = new byte[BufferLength];
        if (lseek(folder, 0, 0) < 0)
        {
            throw LinuxException.FromLastError("lseek", Files.Describe(folder));
        }

        // The kernel writes whole records into the pinned buffer: u64 inode, s64 offset, u16 length, u8 type, name with NUL.
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint length = getdents64(folder, start, BufferLength);
                if (length < 0)
                {
                    throw LinuxException.FromLastError("getdents64", Files.Describe(folder));
                }

                if (length == 0)
                {
                    return names;
                }

                for (nint at = 0; at < length; at += *(ushort*)(start + at + 16))
                {
                    ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start + at + 19);
                    if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                    {
                        continue;
                    }

                    if (names.Count == limit)
                    {
                        throw new LinuxException("getdents64", Files.Describe(folder), Errno.EFBIG, $"at most {limit} names are read");
                    }

                    names.Add([.. name, 0]);
                }
            }
        }
    }

    private static void Rename(Descriptor from, string name, Descriptor to, string newName, uint flags)
    {
        if (renameat2(from, name, to, newName, flags) < 0)
        {
            throw LinuxException.FromLastError("rename", $"{name} to {newName}");
        }
    }

    private static bool TryLock(Descriptor folder, int kind)
    {
        while (flock(folder, kind | LOCK_NB) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN)
            {
                return false;
            }

            if (errno != Errno.EINTR)
            {
                throw new LinuxException("flock", Files.Describe(folder), errno);
            }
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint getdents64(Descriptor fd, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(Descriptor fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(Descriptor folder, string name, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlinkat(string target, Descriptor folder, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint readlinkat(Descriptor folder, string name, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(Descriptor from, string name, Descriptor to, string newName, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(Descriptor fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(Descriptor fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(Descriptor folder, byte[] name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(Descriptor folder, byte[] name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmodat(Descriptor folder, byte[] name, int mode, int flags);
}
