using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Weft.Linux;

/// <summary>An owned file descriptor. Close-on-exec from the start: a child gets it only by name (<see cref="PassedDescriptor"/>).</summary>
public sealed partial class Descriptor : SafeHandleMinusOneIsInvalid
{
    private const int F_GETFD = 1;
    private const int F_SETFD = 2;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int FD_CLOEXEC = 1;

    /// <summary>Takes over <paramref name="number"/>, which must be open, close-on-exec and owned by nobody else.</summary>
    public Descriptor(int number)
        : base(ownsHandle: true) => SetHandle(number);

    /// <summary>The number, valid while this object is neither disposed nor released.</summary>
    public int Number => (int)handle;

    /// <summary>Takes over a descriptor that this process was started with: checks that it is open and sets close-on-exec, which inherited ones lack.</summary>
    public static Descriptor Inherited(int number)
    {
        if (number < 0 || fcntl(number, F_GETFD, 0) < 0)
        {
            throw new LinuxException("fcntl", $"descriptor {number}", number < 0 ? Errno.EBADF : Marshal.GetLastPInvokeError(), "the starter must pass it open");
        }

        if (fcntl(number, F_SETFD, FD_CLOEXEC) < 0)
        {
            throw LinuxException.FromLastError("fcntl", $"descriptor {number}");
        }

        return new Descriptor(number);
    }

    /// <summary>A descriptor of our own for an open file that somebody else owns by number.</summary>
    public static Descriptor DuplicateOf(int number)
    {
        int made = fcntl(number, F_DUPFD_CLOEXEC, 3);
        return made >= 0 ? new Descriptor(made) : throw LinuxException.FromLastError("fcntl F_DUPFD_CLOEXEC", $"descriptor {number}");
    }

    /// <summary>A second descriptor of the same open file (close-on-exec, above the standard three).</summary>
    public Descriptor Duplicate() => Duplicate(3);

    /// <summary>Gives the number away: the caller closes it from now on, this object is as if disposed.</summary>
    public int Release()
    {
        int number = Number;
        SetHandleAsInvalid();
        return number;
    }

    /// <summary>Gives the descriptor away to .NET's file API.</summary>
    public SafeFileHandle ToFileHandle() => new(Release(), ownsHandle: true);

    /// <summary>Gives the descriptor away to a .NET socket, which learns family and addresses from the system and never unlinks a path.</summary>
    public Socket ToSocket() => new(new SafeSocketHandle(Release(), ownsHandle: true));

    /// <summary>A duplicate whose number is at least <paramref name="lowest"/>.</summary>
    internal Descriptor Duplicate(int lowest)
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            int number = fcntl(Number, F_DUPFD_CLOEXEC, lowest);
            return number >= 0 ? new Descriptor(number) : throw LinuxException.FromLastError("fcntl F_DUPFD_CLOEXEC", $"descriptor {Number}");
        }
        finally
        {
            if (held)
            {
                DangerousRelease();
            }
        }
    }

    // EINTR is no reason to try again: Linux has released the number by then, and another thread may own it already.
    protected override bool ReleaseHandle() => close((int)handle) == 0 || Marshal.GetLastPInvokeError() == Errno.EINTR;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);
}
