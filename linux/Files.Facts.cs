using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What kind of thing a path names.</summary>
public enum FileType
{
    Other,
    Regular,
    Directory,
    Link,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
}

/// <summary>What statx(2) says of a file.</summary>
public sealed record FileFacts
{
    /// <summary>Major and minor number of the file system's device, the major in the upper 32 bits; with <see cref="Inode"/> it is the file's identity.</summary>
    public required ulong Device { get; init; }

    public required ulong Inode { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The permission bits with set-id and sticky, without the type.</summary>
    public required int Mode { get; init; }

    public required FileType Type { get; init; }

    /// <summary>Nanoseconds since 1970 at which content or facts last changed; nobody but the kernel can set it.</summary>
    public required long ChangeTime { get; init; }

    /// <summary>Nanoseconds since 1970 at which the content last changed, or was said to.</summary>
    public required long WriteTime { get; init; }

    public required int Links { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }
}

public static partial class Files
{
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>The facts of an open file.</summary>
    public static FileFacts Stat(Descriptor file)
    {
        return statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, out StatxBuffer buffer) == 0
            ? Facts(buffer)
            : throw LinuxException.FromLastError("statx", $"descriptor {file.Number}");
    }

    /// <summary>The facts of what <paramref name="path"/> names.</summary>
    public static FileFacts Stat(string path, bool followLink = true)
        => TryStat(path, followLink) ?? throw new LinuxException("stat", path, Errno.ENOENT);

    /// <summary>As <see cref="Stat(string, bool)"/>, null where nothing is there.</summary>
    public static FileFacts? TryStat(string path, bool followLink = true)
    {
        if (statx(AT_FDCWD, path, followLink ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out StatxBuffer buffer) == 0)
        {
            return Facts(buffer);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException("stat", path, errno);
    }

    /// <summary>The facts of what <paramref name="path"/> below <paramref name="folder"/> names; null with the reason where they cannot be had.</summary>
    internal static FileFacts? TryStatAt(Descriptor folder, string path, int flags, out int errno)
    {
        bool known = statx(folder, path, flags, STATX_BASIC_STATS, out StatxBuffer buffer) == 0;
        errno = known ? 0 : Marshal.GetLastPInvokeError();
        return known ? Facts(buffer) : null;
    }

    private static FileFacts Facts(in StatxBuffer buffer) => new()
    {
        Device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor,
        Inode = buffer.Inode,
        Size = (long)buffer.Size,
        Mode = buffer.Mode & 0xFFF,
        Type = (buffer.Mode >> 12) switch
        {
            1 => FileType.Fifo,
            2 => FileType.CharacterDevice,
            4 => FileType.Directory,
            6 => FileType.BlockDevice,
            8 => FileType.Regular,
            10 => FileType.Link,
            12 => FileType.Socket,
            _ => FileType.Other,
        },
        ChangeTime = buffer.ChangeSeconds * 1_000_000_000 + buffer.ChangeNanoseconds,
        WriteTime = buffer.WriteSeconds * 1_000_000_000 + buffer.WriteNanoseconds,
        Links = (int)buffer.Links,
        Uid = buffer.Uid,
        Gid = buffer.Gid,
    };

    /// <summary>struct statx (256 bytes, the same on every architecture): what is used of it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangeSeconds;
        [FieldOffset(104)] public uint ChangeNanoseconds;
        [FieldOffset(112)] public long WriteSeconds;
        [FieldOffset(120)] public uint WriteNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(Descriptor folder, string path, int flags, uint mask, out StatxBuffer buffer);
}
