using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>Who connected, as the kernel recorded it at that moment. Pid 0 is a process this one cannot see.</summary>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);

public static partial class UnixSockets
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int SO_PEERPIDFD = 77;

    /// <summary>The peer's pid, uid and gid at connect (for a listener's side: at listen).</summary>
    public static PeerCredentials PeerCredentials(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        int size = 12;
        return getsockopt(socket.SafeHandle, SOL_SOCKET, SO_PEERCRED, ref MemoryMarshal.GetReference(credentials), ref size) == 0
            ? new PeerCredentials(credentials[0], (uint)credentials[1], (uint)credentials[2])
            : throw LinuxException.FromLastError("getsockopt SO_PEERCRED", null);
    }

    /// <summary>
    /// A pidfd of the peer, which cannot come to mean another process; null before Linux 6.5, where the pid and start time must do.
    /// </summary>
    /// <exception cref="LinuxException">The peer has been waited for already (ESRCH, EINVAL): close the connection.</exception>
    public static Descriptor? PeerPidfd(Socket socket)
    {
        int number = -1;
        int size = sizeof(int);
        if (getsockopt(socket.SafeHandle, SOL_SOCKET, SO_PEERPIDFD, ref number, ref size) == 0)
        {
            return new Descriptor(number);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOPROTOOPT ? null : throw new LinuxException("getsockopt SO_PEERPIDFD", null, errno);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(SafeSocketHandle socket, int level, int option, ref int value, ref int size);
}
