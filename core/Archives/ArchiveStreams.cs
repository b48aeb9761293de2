using System.Globalization;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Archives;

/// <summary>Reads an open file from its start, whatever its current place; the file is not owned.</summary>
internal sealed class DescriptorStream(Descriptor file, Action<long>? progress) : ReadOnlyStream
{
    /// <summary>Bytes read so far.</summary>
    public long Done { get; private set; }

    public byte[] Peek(int length)
    {
        byte[] head = new byte[length];
        return head[..Files.ReadAt(file, head, 0)];
    }

    public override int Read(Span<byte> buffer)
    {
        int count = Files.ReadAt(file, buffer, Done);
        Done += count;
        progress?.Invoke(Done);
        return count;
    }
}

/// <summary>Stops a bomb while it unpacks: more bytes than a package may have, or many times those of the archive.</summary>
internal sealed class RatioGuard(Stream source, DescriptorStream packed, PackageLimits limits) : ReadOnlyStream
{
    // Headers and padding of as many entries as are allowed, three blocks each.
    private readonly long _most = limits.TotalBytes + (limits.Entries * 2048L);
    private long _made;

    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        _made += count;
        if (_made > _most)
        {
            throw new PackageException(PackageFault.TooLarge, string.Create(CultureInfo.InvariantCulture, $"the archive is refused: it unpacks to more than {limits.TotalBytes} bytes"));
        }

        if (_made > limits.RatioFreeBytes && _made / limits.Ratio > packed.Done)
        {
            throw new PackageException(PackageFault.TooLarge, string.Create(CultureInfo.InvariantCulture, $"the archive is refused: it unpacks to more than {limits.Ratio} times its size"));
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
