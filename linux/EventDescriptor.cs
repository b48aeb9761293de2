using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// An eventfd: a counter that wakes whoever polls it. A side that does not trust the other only polls it edge-triggered
/// (<see cref="Poller.Register"/>) and never reads: the other side can clear O_NONBLOCK, which both share, and make a read block.
/// </summary>
public sealed partial class EventDescriptor(Descriptor descriptor) : IDisposable
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    /// <summary>Owned by this object.</summary>
    public Descriptor Descriptor => descriptor;

    public static EventDescriptor Create()
    {
        int number = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return number >= 0 ? new EventDescriptor(new Descriptor(number)) : throw LinuxException.FromLastError("eventfd", null);
    }

    /// <summary>Adds one. A counter that is full has woken everybody already, so that is no error.</summary>
    public void Signal()
    {
        ulong one = 1;
        while (write(descriptor, in one, sizeof(ulong)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN)
            {
                return;
            }

            if (errno != Errno.EINTR)
            {
                throw new LinuxException("write", "eventfd", errno);
            }
        }
    }

    /// <summary>Takes the count and sets it to zero; only where both sides are trusted.</summary>
    public ulong Drain()
    {
        ulong count = 0;
        while (read(descriptor, ref count, sizeof(ulong)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN)
            {
                return 0;
            }

            if (errno != Errno.EINTR)
            {
                throw new LinuxException("read", "eventfd", errno);
            }
        }

        return count;
    }

    public void Dispose() => descriptor.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(Descriptor fd, in ulong value, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(Descriptor fd, ref ulong value, nuint count);
}
