using System.Collections.Concurrent;
using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// The packages that this process has read and hashed. One is read again when any of its files or folders is another or has changed
/// (device, inode, size, change time, which only the kernel sets); looking costs one statx(2) per file and folder. Thread-safe.
/// </summary>
internal sealed class VerifiedPackages(TimeProvider time)
{
    // Change times come from the kernel's tick (4 ms at most): what changed so shortly before it was read may change again unseen.
    private static readonly TimeSpan TooFresh = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(AppId App, bool IsSystem), Entry> _known = new();

    /// <summary>The package whose root is open, from what is known or by reading it.</summary>
    /// <param name="app">The id that it is looked up by.</param>
    /// <param name="isSystem">Of the system's store.</param>
    /// <param name="root">Its open root folder.</param>
    /// <param name="read">Reads it; throws where it is none.</param>
    public Entry Get(AppId app, bool isSystem, Descriptor root, Func<Descriptor, CheckedPackage> read)
    {
        if (_known.TryGetValue((app, isSystem), out Entry? known) && IsUnchanged(root, known.Package.Tree))
        {
            return known;
        }

        Entry entry = new(read(root));
        if (IsSettled(entry.Package.Tree))
        {
            _known[(app, isSystem)] = entry;
        }

        return entry;
    }

    public void Forget(AppId app) => _known.TryRemove((app, false), out _);

    private static bool IsUnchanged(Descriptor root, PackageTree tree)
    {
        // The root comes first: another revision is told by that one call.
        if (!Files.Stat(root).IsSame(tree.Folders[0].Facts))
        {
            return false;
        }

        for (int i = 1; i < tree.Folders.Count; i++)
        {
            if (Linux.Folders.TryStat(root, tree.Folders[i].Path) is not { } now || !now.IsSame(tree.Folders[i].Facts))
            {
                return false;
            }
        }

        foreach (PackageFile file in tree.Files)
        {
            if (Linux.Folders.TryStat(root, file.Path) is not { } now || !now.IsSame(file.Facts))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsSettled(PackageTree tree)
    {
        long newest = 0;
        foreach (PackageFile file in tree.Files)
        {
            newest = Math.Max(newest, file.Facts.ChangeTime);
        }

        foreach ((_, FileFacts facts) in tree.Folders)
        {
            newest = Math.Max(newest, facts.ChangeTime);
        }

        TimeSpan age = time.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks(newest / 100);
        return age.Duration() > TooFresh;
    }

    /// <summary>A package that was read, and what was last made of it.</summary>
    internal sealed class Entry(CheckedPackage package)
    {
        public CheckedPackage Package { get; } = package;

        /// <summary>The last description with all that it was made from; replaced whole, so it needs no lock.</summary>
        public Described? Last { get; set; }
    }

    /// <summary>A description, valid as long as each of these is the very same.</summary>
    internal sealed record Described(TrustedKeys Keys, PublisherKey? Owner, bool Development, string? RollbackTo, CapabilitySet Approved, string Folder, TrustVerdict Verdict, InstalledPackage Package);
}
