using System.Runtime.InteropServices;

namespace Weft.Linux;

public static partial class Files
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>A pipe, both ends close-on-exec and blocking.</summary>
    public static (Descriptor Read, Descriptor Write) Pipe()
    {
        Span<int> ends = stackalloc int[2];
        if (pipe2(ref MemoryMarshal.GetReference(ends), O_CLOEXEC) < 0)
        {
            throw LinuxException.FromLastError("pipe2", null);
        }

        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    /// <summary>Sets or clears O_NONBLOCK. It belongs to the open file: every duplicate, also in other processes, changes with it.</summary>
    public static void SetNonBlocking(Descriptor file, bool nonBlocking)
    {
        int flags = fcntl(file, F_GETFL, 0);
        int wanted = nonBlocking ? flags | (int)OpenFlags.NonBlocking : flags & ~(int)OpenFlags.NonBlocking;
        if (flags < 0 || fcntl(file, F_SETFL, wanted) < 0)
        {
            throw LinuxException.FromLastErrorOn("fcntl F_SETFL", file);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(ref int ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(Descriptor fd, int command, int argument);
}
