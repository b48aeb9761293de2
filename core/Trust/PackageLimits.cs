using System.Globalization;
using Weft.Core.Apps;
using Weft.Core.Store;

namespace Weft.Core.Trust;

/// <summary>How much one package may hold. The first two are the format's (docs/packages.md), the others keep a hostile archive from costing more than it weighs.</summary>
public sealed record PackageLimits
{
    /// <summary>All files together, unpacked, in bytes: 1 GiB.</summary>
    public long TotalBytes { get; init; } = 1L << 30;

    /// <summary>Files and folders.</summary>
    public int Entries { get; init; } = 10_000;

    /// <summary>How many times its own size an archive may unpack to, once it has made <see cref="RatioFreeBytes"/>. A wasm module shrinks to a third, text to a tenth.</summary>
    public int Ratio { get; init; } = 100;

    /// <summary>What may unpack at any ratio: 16 MiB, so that small packages of empty pages pass.</summary>
    public long RatioFreeBytes { get; init; } = 16L << 20;

    public static PackageLimits Default { get; } = new();

    /// <summary>Counts while a package is read or unpacked, and refuses what is over.</summary>
    internal sealed class Counter(PackageLimits limits)
    {
        private int _entries;
        private long _bytes;

        public long Total => _bytes;

        public void Entry(string path)
        {
            if (++_entries > limits.Entries)
            {
                throw new PackageException(PackageFault.TooLarge, string.Create(CultureInfo.InvariantCulture, $"more than {limits.Entries} files and folders, at '{Printable.Quote(path)}'"));
            }
        }

        public void Bytes(long count, string path)
        {
            if (count > limits.TotalBytes - _bytes)
            {
                throw new PackageException(PackageFault.TooLarge, string.Create(CultureInfo.InvariantCulture, $"more than {limits.TotalBytes} bytes, at '{Printable.Quote(path)}'"));
            }

            _bytes += count;
        }
    }
}
