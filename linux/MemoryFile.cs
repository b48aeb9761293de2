using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What can no longer be done to a memory file, by anyone: the seals of fcntl(2).</summary>
[Flags]
public enum MemorySeals
{
    None = 0,

    /// <summary>No further seals.</summary>
    Seal = 1,
    Shrink = 2,
    Grow = 4,
    Write = 8,
    FutureWrite = 0x10,
    Exec = 0x20,

    /// <summary>What an output ring has: its size is fixed for good, its content is not.</summary>
    FixedSize = Seal | Shrink | Grow,
}

/// <summary>Files that exist in memory only (memfd).</summary>
public static partial class MemoryFile
{
    private const int MFD_CLOEXEC = 1;
    private const int MFD_ALLOW_SEALING = 2;
    private const int MFD_NOEXEC_SEAL = 8;
    private const int F_ADD_SEALS = 1033;
    private const int F_GET_SEALS = 1034;
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int MAP_SHARED = 1;

    /// <param name="name">Shown in /proc only.</param>
    /// <param name="size">Bytes, all zero.</param>
    /// <param name="seals">Set after sizing. <see cref="MemorySeals.Exec"/> comes besides where the kernel has it (6.3).</param>
    public static Descriptor Create(string name, long size, MemorySeals seals = MemorySeals.FixedSize)
    {
        int number = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        if (number < 0 && Marshal.GetLastPInvokeError() == Errno.EINVAL)
        {
            number = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        }

        if (number < 0)
        {
            throw LinuxException.FromLastError("memfd_create", name);
        }

        Descriptor file = new(number);
        try
        {
            Files.SetSize(file, size);
            if (seals != MemorySeals.None)
            {
                Seal(file, seals);
            }

            return file;
        }
        catch (LinuxException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds seals; they never go away.</summary>
    public static void Seal(Descriptor file, MemorySeals seals)
    {
        if (fcntl(file, F_ADD_SEALS, (int)seals) < 0)
        {
            throw LinuxException.FromLastErrorOn("fcntl F_ADD_SEALS", file);
        }
    }

    /// <summary>The seals of a file; null for one that can have none, so a file handed in by a stranger is not taken for a memory file.</summary>
    public static MemorySeals? Seals(Descriptor file)
    {
        int seals = fcntl(file, F_GET_SEALS, 0);
        if (seals >= 0)
        {
            return (MemorySeals)seals;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.EINVAL ? null : throw new LinuxException("fcntl F_GET_SEALS", Files.Describe(file), errno);
    }

    /// <summary>
    /// Maps the first <paramref name="size"/> bytes, shared with everybody who has the file. Never for a file whose size another process can
    /// change: touching what is gone kills this one (SIGBUS).
    /// </summary>
    public static MemoryMap Map(Descriptor file, int size, bool writable)
    {
        nint address = mmap(0, (nuint)size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
        return address != -1 ? new MemoryMap(address, size) : throw LinuxException.FromLastErrorOn("mmap", file);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(Descriptor fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, Descriptor fd, long offset);
}

/// <summary>Mapped memory. Hold a reference (DangerousAddRef) or the object itself while the span is used.</summary>
public sealed partial class MemoryMap : SafeHandle
{
    private readonly int _size;

    internal MemoryMap(nint address, int size)
        : base(-1, ownsHandle: true)
    {
        _size = size;
        SetHandle(address);
    }

    public override bool IsInvalid => handle == -1;

    // Holds while the map lives: the address came from mmap with this length, and the object is checked for not being closed.
    public unsafe Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return new Span<byte>((void*)handle, _size);
        }
    }

    protected override bool ReleaseHandle() => munmap(handle, (nuint)_size) == 0;

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
}
