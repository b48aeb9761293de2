using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What <see cref="Files.Open(string, OpenFlags, int)"/> takes: the C flags of open(2). Close-on-exec is always added.</summary>
[Flags]
public enum OpenFlags
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    Create = 0x40,
    Exclusive = 0x80,
    NoTerminal = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,

    /// <summary>Only a folder.</summary>
    Directory = 0x10000,

    /// <summary>Not through a link at the end of the path.</summary>
    NoFollow = 0x20000,

    /// <summary>A place in the file tree, for *At calls and <see cref="Files.Stat(Descriptor)"/>: opens neither FIFO nor device.</summary>
    Path = 0x200000,
}

/// <summary>How <see cref="Files.OpenBeneath"/> walks: the resolve flags of openat2(2).</summary>
[Flags]
public enum ResolveFlags : ulong
{
    NoCrossMount = 1,
    NoMagicLinks = 2,
    NoSymlinks = 4,
    Beneath = 8,
}

/// <summary>Files by descriptor and path. Every call retries EINTR and throws <see cref="LinuxException"/> with call and path.</summary>
public static partial class Files
{
    private const int O_CLOEXEC = 0x80000;
    private const int AT_FDCWD = -100;
    private const int AT_REMOVEDIR = 0x200;
    private const int SYS_openat2 = 437;

    /// <param name="path">Absolute, or relative to the working directory.</param>
    /// <param name="flags">See <see cref="OpenFlags"/>.</param>
    /// <param name="mode">Permission bits of a file that is made, less the umask.</param>
    public static Descriptor Open(string path, OpenFlags flags, int mode = 0x180) => OpenAt(null, path, flags, mode);

    /// <summary>As <see cref="Open"/>, relative to <paramref name="folder"/>.</summary>
    public static Descriptor OpenAt(Descriptor? folder, string path, OpenFlags flags, int mode = 0x180)
    {
        int number;
        while ((number = folder is null ? openat(AT_FDCWD, path, Native(flags), mode) : openat(folder, path, Native(flags), mode)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                throw new LinuxException("open", path, errno);
            }
        }

        return new Descriptor(number);
    }

    /// <summary>
    /// Opens below <paramref name="folder"/> and nowhere else (openat2): by default no link of any kind is followed (ELOOP) and no <c>..</c>
    /// leads out (EXDEV), also while others rename folders; EAGAIN of a race is tried again.
    /// </summary>
    public static Descriptor OpenBeneath(Descriptor folder, string path, OpenFlags flags, int mode = 0x180,
        ResolveFlags resolve = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks)
    {
        // openat2 refuses a mode where nothing can be made.
        OpenHow how = new() { Flags = (ulong)(uint)Native(flags), Mode = flags.HasFlag(OpenFlags.Create) ? (ulong)mode : 0, Resolve = (ulong)resolve };
        nint number;
        int tries = 0;
        while ((number = openat2(SYS_openat2, folder, path, in how, 24)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR && !(errno == Errno.EAGAIN && ++tries < 100))
            {
                throw new LinuxException("openat2", path, errno);
            }
        }

        return new Descriptor((int)number);
    }

    /// <summary>Reads up to the buffer's length from <paramref name="offset"/>; less only at the end of the file.</summary>
    public static int ReadAt(Descriptor file, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            nint count = pread(file, ref MemoryMarshal.GetReference(buffer[done..]), (nuint)(buffer.Length - done), offset + done);
            if (count == 0)
            {
                break;
            }

            if (count < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("pread", Describe(file), errno);
            }

            done += (int)count;
        }

        return done;
    }

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>.</summary>
    public static void WriteAt(Descriptor file, ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            nint count = pwrite(file, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, offset);
            if (count < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("pwrite", Describe(file), errno);
            }

            bytes = bytes[(int)count..];
            offset += count;
        }
    }

    /// <summary>Reads once from the current place (a pipe, a terminal): 0 is the end. EAGAIN is thrown like every error.</summary>
    public static int Read(Descriptor file, Span<byte> buffer)
    {
        nint count;
        while ((count = read(file, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                throw new LinuxException("read", Describe(file), errno);
            }
        }

        return (int)count;
    }

    /// <summary>Writes all of <paramref name="bytes"/> at the current place.</summary>
    public static void Write(Descriptor file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count = write(file, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
            if (count < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("write", Describe(file), errno);
            }

            bytes = bytes[(int)count..];
        }
    }

    /// <summary>The whole file, from its start. More than <paramref name="limit"/> bytes is EFBIG, found before they are allocated.</summary>
    public static byte[] ReadAll(Descriptor file, int limit)
    {
        // What stat says may be 0 (in /proc) or change while we read: it is only the first guess.
        long size = Stat(file).Size;
        if (size > limit)
        {
            throw new LinuxException("read", Describe(file), Errno.EFBIG, $"at most {limit} bytes are read");
        }

        byte[] buffer = new byte[Math.Min(limit, Math.Max((int)size, 512)) + 1];
        int filled = 0;
        while (true)
        {
            int count = ReadAt(file, buffer.AsSpan(filled), filled);
            filled += count;
            if (filled < buffer.Length)
            {
                return buffer[..filled];
            }

            if (filled > limit)
            {
                throw new LinuxException("read", Describe(file), Errno.EFBIG, $"at most {limit} bytes are read");
            }

            Array.Resize(ref buffer, (int)Math.Min((long)limit + 1, buffer.Length * 2L));
        }
    }

    /// <summary>As <see cref="ReadAll(Descriptor, int)"/>, by path; errors name it.</summary>
    public static byte[] ReadAll(string path, int limit)
    {
        using Descriptor file = Open(path, OpenFlags.ReadOnly);
        try
        {
            return ReadAll(file, limit);
        }
        catch (LinuxException e)
        {
            throw new LinuxException(e.Call, path, e.Errno, e.Errno == Errno.EFBIG ? $"at most {limit} bytes are read" : null);
        }
    }

    /// <summary>Content and facts of a file are on disk when this returns (fsync).</summary>
    public static void Sync(Descriptor file)
    {
        while (fsync(file) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                throw new LinuxException("fsync", Describe(file), errno);
            }
        }
    }

    /// <summary>The names in a folder are on disk when this returns.</summary>
    public static void SyncFolder(string path)
    {
        using Descriptor folder = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Sync(folder);
    }

    /// <summary>Sets a file's size; what is new reads as zeros.</summary>
    public static void SetSize(Descriptor file, long size)
    {
        while (ftruncate(file, size) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                throw new LinuxException("ftruncate", Describe(file), errno);
            }
        }
    }

    /// <summary>Sets the permission bits of an open file.</summary>
    public static void SetMode(Descriptor file, int mode)
    {
        if (fchmod(file, mode) < 0)
        {
            throw LinuxException.FromLastErrorOn("fchmod", file);
        }
    }

    /// <summary>Replaces <paramref name="to"/> by <paramref name="from"/> in one step.</summary>
    public static void Rename(string from, string to)
    {
        if (rename(from, to) < 0)
        {
            throw LinuxException.FromLastError("rename", $"{from} to {to}");
        }
    }

    /// <summary>Removes a file, link or socket; says whether there was one.</summary>
    public static bool Unlink(string path) => Unlink(null, path);

    /// <summary>Removes a name in a folder, which must be <paramref name="isFolder"/> (empty) or not; says whether there was one.</summary>
    public static bool Unlink(Descriptor? folder, string name, bool isFolder = false)
    {
        int flags = isFolder ? AT_REMOVEDIR : 0;
        if ((folder is null ? unlinkat(AT_FDCWD, name, flags) : unlinkat(folder, name, flags)) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOENT ? false : throw new LinuxException(isFolder ? "rmdir" : "unlink", name, errno);
    }

    /// <summary>Makes a link named <paramref name="path"/> with the text <paramref name="target"/>.</summary>
    public static void Link(string target, string path)
    {
        if (symlink(target, path) < 0)
        {
            throw LinuxException.FromLastError("symlink", path);
        }
    }

    /// <summary>Where a descriptor leads, for messages only: the path may be stale.</summary>
    internal static string Describe(Descriptor file)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/self/fd/{file.Number}", returnFinalTarget: false)?.FullName ?? $"descriptor {file.Number}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"descriptor {file.Number}";
        }
    }

    private static int Native(OpenFlags flags) => (int)flags | O_CLOEXEC;

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int folder, string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(Descriptor folder, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint openat2(nint number, Descriptor folder, string path, in OpenHow how, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(Descriptor fd, ref byte buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(Descriptor fd, in byte buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(Descriptor fd, ref byte buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(Descriptor fd, in byte buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(Descriptor fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(Descriptor fd, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(Descriptor fd, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(int folder, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(Descriptor folder, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlink(string target, string path);
}
