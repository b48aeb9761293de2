using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>One entry for <see cref="RawDescriptors.Poll"/>; laid out as <c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollEntry
{
    /// <summary>The descriptor; a negative number is skipped by the kernel.</summary>
    public int Descriptor;

    /// <summary>What is waited for.</summary>
    public short Wanted;

    /// <summary>What happened.</summary>
    public short Happened;
}

/// <summary>
/// Calls on plain descriptor numbers, for a process that lives in one read or poll and counts its start in microseconds
/// (weft-runtime). Everything else owns its descriptors through <c>Descriptor</c>.
/// </summary>
public static unsafe partial class RawDescriptors
{
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLERR = 8;
    public const short POLLHUP = 16;

    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;
    private const int F_GETFD = 1;
    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int FD_CLOEXEC = 1;

    /// <summary>Reads what is there; 0 at the end, -1 where the descriptor does not block and has nothing.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        // The buffer is pinned for the length of the call.
        fixed (byte* first = buffer)
        {
            while (true)
            {
                nint count = read(descriptor, first, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == EAGAIN)
                {
                    return -1;
                }

                if (errno != EINTR)
                {
                    throw Failed("read", descriptor, errno);
                }
            }
        }
    }

    /// <summary>Writes what fits; -1 where the descriptor does not block and is full.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        // The bytes are pinned for the length of the call.
        fixed (byte* first = bytes)
        {
            while (true)
            {
                nint count = write(descriptor, first, (nuint)bytes.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == EAGAIN)
                {
                    return -1;
                }

                if (errno != EINTR)
                {
                    throw Failed("write", descriptor, errno);
                }
            }
        }
    }

    /// <summary>Writes all of it, waiting where the descriptor does not block.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Write(descriptor, bytes);
            if (count < 0)
            {
                PollEntry entry = new() { Descriptor = descriptor, Wanted = POLLOUT };
                Poll(new Span<PollEntry>(ref entry), -1);
                continue;
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>Reads exactly one byte, waiting for it; false at the end.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static bool ReadByte(int descriptor, out byte value)
    {
        byte one = 0;
        int count;
        while ((count = Read(descriptor, new Span<byte>(ref one))) < 0)
        {
            PollEntry entry = new() { Descriptor = descriptor, Wanted = POLLIN };
            Poll(new Span<PollEntry>(ref entry), -1);
        }

        value = one;
        return count == 1;
    }

    /// <summary>Reads at an offset; the number of bytes, 0 past the end.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int ReadAt(int descriptor, Span<byte> buffer, long offset)
    {
        // The buffer is pinned for the length of the call.
        fixed (byte* first = buffer)
        {
            while (true)
            {
                nint count = pread(descriptor, first, (nuint)buffer.Length, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno != EINTR)
                {
                    throw Failed("pread", descriptor, errno);
                }
            }
        }
    }

    /// <summary>Waits until one entry has something; 0 when the time (milliseconds, -1: for ever) is up or a signal came.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Poll(Span<PollEntry> entries, int timeout)
    {
        // The entries are pinned for the length of the call.
        fixed (PollEntry* first = entries)
        {
            int count = poll(first, (nuint)entries.Length, timeout);
            if (count >= 0)
            {
                return count;
            }

            int errno = Marshal.GetLastPInvokeError();
            return errno == EINTR ? 0 : throw Failed("poll", -1, errno);
        }
    }

    /// <summary>Takes a waiting connection (close-on-exec, not blocking); -1 where there is none.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Accept(int listener)
    {
        while (true)
        {
            int accepted = accept4(listener, null, null, O_CLOEXEC | O_NONBLOCK);
            if (accepted >= 0)
            {
                return accepted;
            }

            int errno = Marshal.GetLastPInvokeError();
            const int ECONNABORTED = 103;
            if (errno is EAGAIN or ECONNABORTED)
            {
                return -1;
            }

            if (errno != EINTR)
            {
                throw Failed("accept4", listener, errno);
            }
        }
    }

    /// <summary>Makes a pipe, close-on-exec; both ends wait.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static (int Reading, int Writing) Pipe()
    {
        int* pair = stackalloc int[2];
        return pipe2(pair, O_CLOEXEC) >= 0 ? (pair[0], pair[1]) : throw Failed("pipe2", -1, Marshal.GetLastPInvokeError());
    }

    /// <summary>Another number, 3 or above and close-on-exec, for the same open file.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Duplicate(int descriptor)
    {
        const int F_DUPFD_CLOEXEC = 1030;
        int made = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
        return made >= 0 ? made : throw Failed("fcntl", descriptor, Marshal.GetLastPInvokeError());
    }

    /// <summary>Puts an open file on a number, which children inherit, and gives the old number back.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static void Move(int descriptor, int target)
    {
        if (dup2(descriptor, target) < 0)
        {
            throw Failed("dup2", descriptor, Marshal.GetLastPInvokeError());
        }

        Close(descriptor);
    }

    /// <summary>Makes an eventfd, close-on-exec and not blocking.</summary>
    /// <exception cref="IOException">The call failed; the message names it.</exception>
    public static int Event()
    {
        int made = eventfd(0, O_CLOEXEC | O_NONBLOCK);
        return made >= 0 ? made : throw Failed("eventfd", -1, Marshal.GetLastPInvokeError());
    }

    /// <summary>Adds one to an eventfd. Silent where that fails: a full counter has said it already.</summary>
    public static void Bump(int eventDescriptor)
    {
        ulong one = 1;
        _ = write(eventDescriptor, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Takes the count of an eventfd, so that it is quiet again.</summary>
    public static void Drain(int eventDescriptor)
    {
        ulong count;
        _ = read(eventDescriptor, (byte*)&count, sizeof(ulong));
    }

    /// <summary>Says whether reads and writes wait.</summary>
    /// <exception cref="IOException">The number is no open descriptor.</exception>
    public static void SetBlocking(int descriptor, bool blocking)
    {
        int flags = fcntl(descriptor, F_GETFL, 0);
        if (flags < 0 || fcntl(descriptor, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0)
        {
            throw Failed("fcntl", descriptor, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Makes an inherited descriptor close-on-exec; false where the number is no open descriptor.</summary>
    public static bool TryCloseOnExec(int descriptor)
    {
        int flags = fcntl(descriptor, F_GETFD, 0);
        return flags >= 0 && fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) >= 0;
    }

    /// <summary>Gives a descriptor back to the kernel.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    private static IOException Failed(string call, int descriptor, int errno) =>
        new($"{call} on descriptor {descriptor}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int listener, void* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* pair, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    // Variadic in C; on x86-64 and arm64 Linux three integer arguments travel alike either way.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int descriptor, int target);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
