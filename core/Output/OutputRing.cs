using System.Buffers.Binary;
using Weft.Linux;

namespace Weft.Core.Output;

/// <summary>
/// The memory file through which a guest's output reaches appd (docs/protocol.md, "Output rings"): a header, then a ring
/// of bytes. Two counts of all bytes ever written stand in the header: <c>begun</c> moves before the bytes, <c>done</c>
/// after them. So everything below <c>done</c> and not below <c>begun - size</c> is whole, at any instant.
/// </summary>
public static class OutputRing
{
    /// <summary>Bytes of a ring for stdout or stderr.</summary>
    public const int DefaultSize = 128 * 1024;

    /// <summary>Bytes of a console's ring.</summary>
    public const int ConsoleSize = 256 * 1024;

    /// <summary>"WeftRing" in ASCII, little endian.</summary>
    internal const ulong Magic = 0x676E_6952_7466_6557;

    internal const uint Format = 1;

    internal const int MagicOffset = 0;
    internal const int FormatOffset = 8;
    internal const int SizeOffset = 12;
    internal const int BegunOffset = 16;
    internal const int DoneOffset = 24;

    /// <summary>Where the bytes begin.</summary>
    internal const int HeaderLength = 64;

    /// <summary>An empty ring whose size is sealed.</summary>
    /// <param name="name">Shown in /proc only.</param>
    /// <param name="size">Bytes it holds.</param>
    public static Descriptor Create(string name, int size = DefaultSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Descriptor file = MemoryFile.Create(name, HeaderLength + (long)size);
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header[MagicOffset..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[FormatOffset..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(header[SizeOffset..], (uint)size);
        Files.WriteAt(file, header, 0);
        return file;
    }

    /// <summary>The size of a ring that somebody handed in.</summary>
    /// <exception cref="OutputRingException">It is none of ours, or its size is not sealed.</exception>
    internal static int Check(Descriptor file)
    {
        MemorySeals sizeSealed = MemorySeals.Shrink | MemorySeals.Grow;
        if (MemoryFile.Seals(file) is not { } seals || (seals & sizeSealed) != sizeSealed)
        {
            throw new OutputRingException("an output ring must be a memory file of sealed size");
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        long length = Files.Stat(file).Size;
        if (length <= HeaderLength || Files.ReadAt(file, header, 0) != HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(header[MagicOffset..]) != Magic)
        {
            throw new OutputRingException("the memory file is no output ring");
        }

        uint format = BinaryPrimitives.ReadUInt32LittleEndian(header[FormatOffset..]);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[SizeOffset..]);
        if (format != Format)
        {
            throw new OutputRingException($"an output ring of format {format}; this version knows {Format}");
        }

        return size == length - HeaderLength && size <= int.MaxValue - HeaderLength
            ? (int)size
            : throw new OutputRingException($"an output ring says that it holds {size} bytes, and its file has room for {length - HeaderLength}");
    }
}

/// <summary>A ring is not what it must be: who writes it broke the format.</summary>
public sealed class OutputRingException(string message) : Exception(message);
