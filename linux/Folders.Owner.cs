using System.Runtime.InteropServices;

namespace Weft.Linux;

public static partial class Folders
{
    private const int AT_EMPTY_PATH = 0x1000;

    /// <summary>
    /// Gives a folder and all below it to a user, unless the folder is theirs already. Links are given, never followed; the folder itself comes last,
    /// so that what was interrupted is done again. Only root can.
    /// </summary>
    public static void GiveTree(Descriptor folder, uint uid, uint gid)
    {
        if (Files.Stat(folder).Uid != uid)
        {
            Give(folder, uid, gid);
        }
    }

    private static void Give(Descriptor folder, uint uid, uint gid)
    {
        foreach (byte[] name in RawNames(folder, int.MaxValue))
        {
            int number = openat(folder, name, (int)(OpenFlags.Directory | OpenFlags.NoFollow) | O_CLOEXEC, 0);
            if (number >= 0)
            {
                using Descriptor inner = new(number);
                Give(inner, uid, gid);
            }
            else if (fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
            {
                throw LinuxException.FromLastError("chown", Shown(name));
            }
        }

        if (fchownat(folder, [0], uid, gid, AT_EMPTY_PATH) < 0)
        {
            throw LinuxException.FromLastErrorOn("chown", folder);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(Descriptor folder, byte[] name, uint uid, uint gid, int flags);
}
