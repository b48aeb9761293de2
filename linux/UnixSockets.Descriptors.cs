using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>Bytes and descriptors that came together. Descriptors that nobody took are closed with this object.</summary>
public sealed class ReceivedDescriptors : IDisposable
{
    private readonly Descriptor?[] _descriptors;

    internal ReceivedDescriptors(int bytes, Descriptor?[] descriptors)
    {
        Bytes = bytes;
        _descriptors = descriptors;
    }

    /// <summary>How many bytes are in the buffer; 0 is the end of the connection.</summary>
    public int Bytes { get; }

    public int Count => _descriptors.Length;

    /// <summary>Hands one over to the caller, once.</summary>
    public Descriptor Take(int index)
    {
        Descriptor descriptor = _descriptors[index] ?? throw new InvalidOperationException($"descriptor {index} was taken already");
        _descriptors[index] = null;
        return descriptor;
    }

    public void Dispose()
    {
        foreach (Descriptor? descriptor in _descriptors)
        {
            descriptor?.Dispose();
        }
    }
}

public static partial class UnixSockets
{
    /// <summary>SCM_MAX_FD: the kernel refuses more in one message.</summary>
    public const int MaxDescriptorsPerMessage = 253;

    private const int SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 8;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int ControlHeader = 16; // struct cmsghdr of 64-bit Linux: length, level, type
    private const int ControlSize = ControlHeader + (MaxDescriptorsPerMessage * sizeof(int)) + 4 + 64;

    /// <summary>
    /// Sends bytes (at least one: without, nothing carries the descriptors) and duplicates of descriptors in one message. Waits while the
    /// peer's buffer is full.
    /// </summary>
    public static async ValueTask SendDescriptorsAsync(Socket socket, ReadOnlyMemory<byte> bytes, IReadOnlyList<Descriptor> descriptors, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, MaxDescriptorsPerMessage);
        int sent;
        while ((sent = TrySend(socket, bytes.Span, descriptors)) < 0)
        {
            // A duplicate, since the poller waits for one open number once.
            using Descriptor waiting = DuplicateOf(socket);
            await Poller.Shared.WaitAsync(waiting, PollEvents.Writable, cancellationToken);
        }

        // The descriptors went with the first byte; the rest is plain data.
        while (sent < bytes.Length)
        {
            sent += await socket.SendAsync(bytes[sent..], SocketFlags.None, cancellationToken);
        }
    }

    /// <summary>
    /// Receives bytes and the descriptors that came with them, close-on-exec. More than <paramref name="mostDescriptors"/>, or control data
    /// that the kernel had to cut, is an error, and all that came is closed.
    /// </summary>
    public static async ValueTask<ReceivedDescriptors> ReceiveDescriptorsAsync(Socket socket, Memory<byte> buffer, int mostDescriptors, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        while (true)
        {
            if (TryReceive(socket, buffer.Span, mostDescriptors) is { } received)
            {
                return received;
            }

            // Zero bytes: waits until there is something, and takes nothing.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
        }
    }

    /// <summary>Bytes sent, -1 where it would block. The pointers in the message live in this frame, which the call does not outlive.</summary>
    private static unsafe int TrySend(Socket socket, ReadOnlySpan<byte> bytes, IReadOnlyList<Descriptor> descriptors)
    {
        byte* control = stackalloc byte[ControlSize];
        int held = 0;
        try
        {
            int* numbers = (int*)(control + ControlHeader);
            for (; held < descriptors.Count; held++)
            {
                bool one = false;
                descriptors[held].DangerousAddRef(ref one);
                numbers[held] = descriptors[held].Number;
            }

            *(nuint*)control = (nuint)(ControlHeader + (descriptors.Count * sizeof(int)));
            ((int*)control)[2] = SOL_SOCKET;
            ((int*)control)[3] = SCM_RIGHTS;
            fixed (byte* data = bytes)
            {
                Vector vector = new() { Base = data, Length = (nuint)bytes.Length };
                Message message = new() { Vectors = &vector, VectorCount = 1 };
                if (descriptors.Count > 0)
                {
                    message.Control = control;
                    message.ControlLength = (nuint)((ControlHeader + (descriptors.Count * sizeof(int)) + 7) & ~7);
                }

                nint sent;
                while ((sent = sendmsg(socket.SafeHandle, ref message, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0)
                {
                    int errno = Marshal.GetLastPInvokeError();
                    if (errno == Errno.EAGAIN)
                    {
                        return -1;
                    }

                    if (errno != Errno.EINTR)
                    {
                        throw new LinuxException("sendmsg", $"{descriptors.Count} descriptors", errno);
                    }
                }

                return (int)sent;
            }
        }
        finally
        {
            while (held > 0)
            {
                descriptors[--held].DangerousRelease();
            }
        }
    }

    /// <summary>Null where it would block. The pointers in the message live in this frame, which the call does not outlive.</summary>
    private static unsafe ReceivedDescriptors? TryReceive(Socket socket, Span<byte> buffer, int mostDescriptors)
    {
        byte* control = stackalloc byte[ControlSize];
        fixed (byte* data = buffer)
        {
            Vector vector = new() { Base = data, Length = (nuint)buffer.Length };
            Message message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            nint count;
            while ((count = recvmsg(socket.SafeHandle, ref message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EAGAIN)
                {
                    return null;
                }

                if (errno != Errno.EINTR)
                {
                    throw new LinuxException("recvmsg", null, errno);
                }
            }

            // Everything that arrived is owned before anything is judged.
            ReceivedDescriptors received = new((int)count, Collect(new ReadOnlySpan<byte>(control, (int)message.ControlLength)));
            if ((message.Flags & MSG_CTRUNC) != 0)
            {
                received.Dispose();
                throw new LinuxException("recvmsg", "control data was cut", Errno.EMSGSIZE, "too many descriptors were sent, or this process may open no more");
            }

            if (received.Count > mostDescriptors)
            {
                received.Dispose();
                throw new LinuxException("recvmsg", $"{received.Count} descriptors came", Errno.EMSGSIZE, $"at most {mostDescriptors} are taken in one message");
            }

            return received;
        }
    }

    private static Descriptor[] Collect(ReadOnlySpan<byte> control)
    {
        List<Descriptor> descriptors = [];
        while (control.Length >= ControlHeader)
        {
            int length = (int)MemoryMarshal.Read<nuint>(control);
            int level = MemoryMarshal.Read<int>(control[8..]);
            int type = MemoryMarshal.Read<int>(control[12..]);
            if (length < ControlHeader || length > control.Length)
            {
                break;
            }

            if (level == SOL_SOCKET && type == SCM_RIGHTS)
            {
                foreach (int number in MemoryMarshal.Cast<byte, int>(control[ControlHeader..length]))
                {
                    descriptors.Add(new Descriptor(number));
                }
            }

            control = control[Math.Min((length + 7) & ~7, control.Length)..];
        }

        return [.. descriptors];
    }

    private static Descriptor DuplicateOf(Socket socket)
    {
        bool held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            return Descriptor.DuplicateOf((int)socket.SafeHandle.DangerousGetHandle());
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Message
    {
        public byte* Name;
        public int NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(SafeSocketHandle socket, ref Message message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeSocketHandle socket, ref Message message, int flags);
}
