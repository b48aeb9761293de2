using System.Collections.Concurrent;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// What small files hold, read again only when the file is another or has changed (device, inode, size, change time): looking costs
/// one statx(2). Thread-safe.
/// </summary>
/// <param name="limit">Largest file in bytes.</param>
/// <param name="read">Makes the value of path and content; the content is null where there is no such file.</param>
internal sealed class FactsCache<T>(int limit, Func<string, byte[]?, T> read)
    where T : class?
{
    private readonly ConcurrentDictionary<string, (FileFacts? Facts, T Value)> _known = new(StringComparer.Ordinal);

    public T Get(string path)
    {
        FileFacts? now = Files.TryStat(path);
        if (_known.TryGetValue(path, out (FileFacts? Facts, T Value) known) && (now is null ? known.Facts is null : now.IsSame(known.Facts)))
        {
            return known.Value;
        }

        if (now is null)
        {
            T absent = read(path, null);
            _known[path] = (null, absent);
            return absent;
        }

        using Descriptor file = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        FileFacts facts = Files.Stat(file);
        T value = read(path, Files.ReadAll(file, limit));
        _known[path] = (facts, value);
        return value;
    }
}

/// <summary>How two looks at a file are compared.</summary>
internal static class FactsComparison
{
    /// <summary>True where it is the same file and neither content nor facts changed; the kernel alone sets the change time.</summary>
    public static bool IsSame(this FileFacts facts, FileFacts? earlier) =>
        earlier is not null && facts.Inode == earlier.Inode && facts.ChangeTime == earlier.ChangeTime && facts.Size == earlier.Size && facts.Device == earlier.Device;
}
