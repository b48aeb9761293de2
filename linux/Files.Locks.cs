using System.Runtime.InteropServices;

namespace Weft.Linux;

public static partial class Files
{
    private const int F_OFD_SETLK = 37;
    private const short F_RDLCK = 0;
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;

    /// <summary>
    /// Locks the whole file for this open file alone; false where another holds it. An OFD lock: it belongs to the open file, so it ends with
    /// the last descriptor of it (a crash frees it at once), and .NET's own readers are not refused as they are under flock.
    /// </summary>
    public static bool TryLockExclusive(Descriptor file) => TryLock(file, F_WRLCK);

    /// <summary>As <see cref="TryLockExclusive"/>, beside other shared locks. The file must be open for reading.</summary>
    public static bool TryLockShared(Descriptor file) => TryLock(file, F_RDLCK);

    /// <summary>Gives up a lock; closing every descriptor of the open file does too.</summary>
    public static void Unlock(Descriptor file) => TryLock(file, F_UNLCK);

    private static bool TryLock(Descriptor file, short type)
    {
        FileLock request = new() { Type = type };
        while (fcntl(file, F_OFD_SETLK, ref request) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.EAGAIN or Errno.EACCES)
            {
                return false;
            }

            if (errno != Errno.EINTR)
            {
                throw new LinuxException("fcntl F_OFD_SETLK", Describe(file), errno);
            }
        }

        return true;
    }

    /// <summary>struct flock of 64-bit Linux; start 0 and length 0 mean the whole file, pid must be 0 for OFD locks.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(Descriptor fd, int command, ref FileLock request);
}
