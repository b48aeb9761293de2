using System.Collections.Concurrent;
using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// Whose an id is: the first publisher key that it was installed or launched with. The record stays when the app goes, because its data
/// does too. Kept in the state root, a file per id.
/// </summary>
public sealed class Owners
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly FactsCache<PublisherKey?> _cache = new(RecordFile.MaximumBytes, Read);
    private readonly ConcurrentDictionary<AppId, string> _paths = new();

    public Owners(string stateRoot, TimeProvider time)
    {
        _folder = Path.Combine(stateRoot, "owners");
        _time = time;
    }

    /// <summary>The recorded key; null where nobody owns the id yet.</summary>
    /// <exception cref="PackageException">The record cannot be read: <see cref="PackageFault.UnreadableRecord"/>.</exception>
    public PublisherKey? Of(AppId app) => _cache.Get(PathOf(app));

    /// <summary>The record's file, for messages: removing it gives the id free.</summary>
    public string PathOf(AppId app) => _paths.GetOrAdd(app, static (id, folder) => Path.Combine(folder, id.Value + ".json"), _folder);

    /// <summary>Records the first owner; an id that has one keeps it.</summary>
    internal void RecordFirst(AppId app, PublisherKey key)
    {
        if (Of(app) is not null)
        {
            return;
        }

        Files.MakePrivateFolder(_folder);
        RecordFile.Write(PathOf(app), new OwnerRecord { Key = key.Hex, RecordedAt = _time.GetUtcNow().ToUnixTimeMilliseconds() }, StoreJson.Default.OwnerRecord);
    }

    private static PublisherKey? Read(string path, byte[]? bytes)
    {
        if (RecordFile.Parse(path, bytes, StoreJson.Default.OwnerRecord) is not { } record)
        {
            return null;
        }

        return PublisherKey.TryParse(record.Key, out PublisherKey? key)
            ? key
            : throw new PackageException(PackageFault.UnreadableRecord, $"{path} holds no publisher key: restore it from a backup, or move it away");
    }
}
