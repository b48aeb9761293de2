using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Linux;

/// <summary>Unix sockets where .NET has no word for what is needed: modes, listeners that leave their path alone, peers, descriptors.</summary>
public static partial class UnixSockets
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;

    /// <summary>Bytes of a path, sun_path less its NUL.</summary>
    public const int MaxPathBytes = 107;

    /// <summary>
    /// Binds and listens. The socket file has <paramref name="mode"/> from its first moment, and only the caller removes it: .NET's own Bind
    /// unlinks the path on Dispose and on finalisation. A socket that lies there already is replaced: the caller holds the folder's lock, so
    /// it is a dead daemon's; anything but a socket is EADDRINUSE.
    /// </summary>
    public static Socket Listen(string path, int mode = 0x180, int backlog = 128) => ListenDescriptor(path, mode, backlog).ToSocket();

    /// <summary>As <see cref="Listen"/>, for a listener that goes to another process.</summary>
    public static Descriptor ListenDescriptor(string path, int mode = 0x180, int backlog = 128)
    {
        int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        Descriptor descriptor = number >= 0 ? new Descriptor(number) : throw LinuxException.FromLastError("socket", path);
        bool listening = false;
        try
        {
            Listen(descriptor, path, mode, backlog);
            listening = true;
            return descriptor;
        }
        finally
        {
            if (!listening)
            {
                descriptor.Dispose();
            }
        }
    }

    private static void Listen(Descriptor descriptor, string path, int mode, int backlog)
    {
        // The mode of the socket before bind, less the umask, becomes that of the file: no moment in which others could connect.
        Files.SetMode(descriptor, mode);
        Span<byte> address = stackalloc byte[2 + MaxPathBytes + 1];
        int length = FillAddress(address, path);
        if (bind(descriptor, in MemoryMarshal.GetReference(address), length) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EADDRINUSE || Files.TryStat(path, followLink: false) is not { Type: FileType.Socket })
            {
                throw new LinuxException("bind", path, errno, errno == Errno.EADDRINUSE ? "what lies there is no socket: remove it" : null);
            }

            Files.Unlink(path);
            if (bind(descriptor, in MemoryMarshal.GetReference(address), length) < 0)
            {
                throw LinuxException.FromLastError("bind", path);
            }
        }

        if (listen(descriptor, backlog) < 0)
        {
            throw LinuxException.FromLastError("listen", path);
        }
    }

    /// <summary>The address to connect to.</summary>
    /// <exception cref="SocketException">The path is longer than a socket's: nobody can listen there (<see cref="SocketError.InvalidArgument"/>).</exception>
    public static UnixDomainSocketEndPoint Address(string path) => Encoding.UTF8.GetByteCount(path) is > 0 and <= MaxPathBytes
        ? new UnixDomainSocketEndPoint(path)
        : throw new SocketException((int)SocketError.InvalidArgument);

    /// <summary>Two stream sockets connected to each other.</summary>
    public static (Descriptor First, Descriptor Second) Pair()
    {
        Span<int> ends = stackalloc int[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ref MemoryMarshal.GetReference(ends)) < 0)
        {
            throw LinuxException.FromLastError("socketpair", null);
        }

        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    /// <summary>struct sockaddr_un: two bytes of family, the path, NUL.</summary>
    private static int FillAddress(Span<byte> address, string path)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes is 0 or > MaxPathBytes)
        {
            throw new LinuxException("bind", path, Errno.ENAMETOOLONG, $"a socket's path has at most {MaxPathBytes} bytes, this one {bytes}: choose a shorter folder");
        }

        address.Clear();
        MemoryMarshal.Write(address, (ushort)AF_UNIX);
        Encoding.UTF8.GetBytes(path, address[2..]);
        return 2 + bytes + 1;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(Descriptor socket, in byte address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(Descriptor socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int family, int type, int protocol, ref int ends);
}
