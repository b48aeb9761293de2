using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Core.Trust;

/// <summary>The publisher keys that this machine and user trust, at one moment. The same object as long as no key file changes.</summary>
public sealed class TrustedKeys
{
    internal TrustedKeys(IReadOnlyList<PublisherKey> keys, IReadOnlyList<string> problems)
    {
        Keys = keys;
        Problems = problems;
    }

    public IReadOnlyList<PublisherKey> Keys { get; }

    /// <summary>Files that are no key, each with what to do; they trust nobody.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>The key that made this signature; null where none did.</summary>
    public PublisherKey? Verify(ContentDigest digest, PackageSignature? signature)
    {
        if (signature is null)
        {
            return null;
        }

        foreach (PublisherKey key in Keys)
        {
            if (key.Verifies(digest, signature))
            {
                return key;
            }
        }

        return null;
    }

    public bool Contains(PublisherKey key) => Keys.Contains(key);
}

/// <summary>
/// Folders with a <c>*.pub</c> file per trusted publisher. Looking whether anything changed costs a statx(2) per folder and file, so
/// a key that is taken away counts no longer at the next launch. Thread-safe.
/// </summary>
public sealed class TrustedKeyFolders(IReadOnlyList<string> folders)
{
    private readonly Lock _gate = new();
    private List<(string Path, FileFacts? Facts)> _seen = []; // guarded by _gate
    private TrustedKeys? _keys; // guarded by _gate

    public IReadOnlyList<string> Folders => folders;

    public TrustedKeys Current()
    {
        lock (_gate)
        {
            if (_keys is null || !_seen.TrueForAll(static s => Files.TryStat(s.Path) is { } now ? now.IsSame(s.Facts) : s.Facts is null))
            {
                _keys = Read();
            }

            return _keys;
        }
    }

    private TrustedKeys Read()
    {
        _seen = [];
        List<PublisherKey> keys = [];
        List<string> problems = [];
        foreach (string folder in folders)
        {
            // Looked at before it is read: a change in between is then seen the next time.
            _seen.Add((folder, Files.TryStat(folder)));
            try
            {
                if (!Directory.Exists(folder))
                {
                    continue;
                }

                foreach (string path in Directory.EnumerateFiles(folder, "*.pub").Order(StringComparer.Ordinal))
                {
                    ReadKey(path, keys, problems);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{folder} cannot be read ({e.Message}): none of its keys is trusted");
            }
        }

        return new TrustedKeys(keys, problems);
    }

    private void ReadKey(string path, List<PublisherKey> keys, List<string> problems)
    {
        _seen.Add((path, Files.TryStat(path)));
        try
        {
            using Descriptor file = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            if (Files.Stat(file).Type == FileType.Regular
                && PublisherKey.TryParse(Files.ReadAll(file, HexText.LongestFile), out PublisherKey? key))
            {
                keys.Add(key!);
                return;
            }

            problems.Add($"{path} is no key: it must hold {PublisherKey.Form}");
        }
        catch (LinuxException e)
        {
            problems.Add($"{e.Message}: this key is not trusted");
        }
    }
}
