using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>Sends that never wait, whatever the socket's own mode is: .NET's synchronous Send waits on a socket that it calls blocking.</summary>
public static partial class SocketSending
{
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;

    /// <summary>
    /// Sends what the kernel takes at once and returns how many bytes that were: 0 where it takes none, also because the connection is
    /// broken or the socket closed. Whoever sends the rest in the usual way learns which.
    /// </summary>
    public static int TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            nint sent;
            do
            {
                sent = send(socket.SafeHandle, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            return (int)Math.Max(sent, 0);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeHandle socket, in byte bytes, nuint count, int flags);
}
