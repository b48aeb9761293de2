using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Weft.Linux;

public static partial class Files
{
    private const int UserReadWriteExecute = 0x1C0; // 0700
    private const int OthersMayWrite = 0x12;        // 0022

    /// <summary>
    /// Replaces the file at <paramref name="path"/> whole: temporary file beside it, fsync, rename, fsync of the folder. A power cut leaves the
    /// old or the new content; a failure leaves the old one and no temporary file.
    /// </summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="bytes">The new content.</param>
    /// <param name="mode">Permission bits, exact: the umask does not matter.</param>
    public static void WriteAtomically(string path, ReadOnlySpan<byte> bytes, int mode = 0x180)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "/";
        string temporary = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(path)}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}.tmp");
        bool renamed = false;
        try
        {
            using (Descriptor file = Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode))
            {
                SetMode(file, mode);
                WriteAt(file, bytes, 0);
                Sync(file);
            }

            Rename(temporary, path);
            renamed = true;
            SyncFolder(folder);
        }
        finally
        {
            if (!renamed)
            {
                // On a file system that has just failed this can fail too; what happened first is what the caller must see.
                _ = unlinkat(AT_FDCWD, temporary, 0);
            }
        }
    }

    /// <summary>Makes the folder where it is missing, and lets everybody walk through it to what they know the name of (0711).</summary>
    public static void MakePassableFolder(string path)
    {
        MakePrivateFolder(path);
        using Descriptor folder = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        SetMode(folder, 0x1C9);
    }

    /// <summary>
    /// Makes the folder (0700) where it is missing, parents included, and refuses one that others could have prepared: a link, another owner,
    /// or a mode that lets group or others write. One that is only readable by others is closed to them.
    /// </summary>
    public static void MakePrivateFolder(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        string? parent = System.IO.Path.GetDirectoryName(full);
        if (parent is not null && TryStat(parent) is null)
        {
            MakePrivateFolder(parent);
        }

        if (mkdir(full, UserReadWriteExecute) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EEXIST)
            {
                throw new LinuxException("mkdir", full, errno);
            }
        }

        FileFacts named = Stat(full, followLink: false);
        if (named.Type != FileType.Directory)
        {
            throw new LinuxException("mkdir", full, named.Type == FileType.Link ? Errno.ELOOP : Errno.ENOTDIR, "a private folder must be a real folder: remove what is there");
        }

        // From here on the folder itself is held: whoever swaps the name cannot change what is checked.
        using Descriptor folder = Open(full, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        FileFacts facts = Stat(folder);
        if (facts.Uid != geteuid())
        {
            throw new LinuxException("mkdir", full, Errno.EPERM, $"it belongs to uid {facts.Uid}, not to this user: remove it or choose another place");
        }

        if ((facts.Mode & OthersMayWrite) != 0)
        {
            throw new LinuxException("mkdir", full, Errno.EPERM, $"others can write there (mode {Convert.ToString(facts.Mode, 8)}): chmod 700 it after looking at its content");
        }

        if ((facts.Mode & 0x3F) != 0)
        {
            SetMode(folder, UserReadWriteExecute);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
