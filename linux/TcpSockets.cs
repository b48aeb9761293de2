using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// Outgoing TCP connections to an address, for a thread of their own that waits with poll: .NET's Socket brings an engine of threads and
/// tables that an idle session would pay for.
/// </summary>
public static partial class TcpSockets
{
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOL_SOCKET = 1;
    private const int SO_ERROR = 4;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int EINPROGRESS = 115;

    /// <summary>Begins to connect; the socket becomes writable when that is decided, and <see cref="Outcome"/> says how.</summary>
    public static Descriptor BeginConnect(IPAddress address, int port)
    {
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        int number = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        Descriptor made = number >= 0 ? new Descriptor(number) : throw LinuxException.FromLastError("socket", address.ToString());

        // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address, scope.
        Span<byte> target = stackalloc byte[28];
        target.Clear();
        MemoryMarshal.Write(target, (ushort)(six ? AF_INET6 : AF_INET));
        target[2] = (byte)(port >> 8);
        target[3] = (byte)port;
        address.TryWriteBytes(target[(six ? 8 : 4)..], out _);
        if (six)
        {
            MemoryMarshal.Write(target[24..], (uint)address.ScopeId);
        }

        if (connect(made, in MemoryMarshal.GetReference(target), six ? 28 : 16) < 0)
        {
            // EINTR: it goes on in the background all the same.
            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (EINPROGRESS or Errno.EINTR))
            {
                made.Dispose();
                throw new LinuxException("connect", Name(address, port), errno);
            }
        }

        return made;
    }

    /// <summary>After the socket became writable: throws what kept it from connecting.</summary>
    public static void Outcome(Descriptor socket, IPAddress address, int port)
    {
        int size = sizeof(int);
        if (getsockopt(socket, SOL_SOCKET, SO_ERROR, out int error, ref size) < 0)
        {
            error = Marshal.GetLastPInvokeError();
        }

        if (error != 0)
        {
            throw new LinuxException("connect", Name(address, port), error);
        }
    }

    /// <summary>Sends what fits; -1 where nothing does now.</summary>
    public static int Send(Descriptor socket, ReadOnlySpan<byte> bytes)
        => Result(send(socket, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, MSG_NOSIGNAL), "send");

    /// <summary>Takes what is there; 0 at the end, -1 where there is nothing now.</summary>
    public static int Receive(Descriptor socket, Span<byte> buffer)
        => Result(recv(socket, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length, 0), "recv");

    private static int Result(nint count, string call)
    {
        if (count >= 0)
        {
            return (int)count;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.EAGAIN or Errno.EINTR ? -1 : throw new LinuxException(call, null, errno);
    }

    private static string Name(IPAddress address, int port) => new IPEndPoint(address, port).ToString();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(Descriptor socket, in byte address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(Descriptor socket, int level, int option, out int value, ref int size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(Descriptor socket, in byte bytes, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(Descriptor socket, ref byte buffer, nuint count, int flags);
}
