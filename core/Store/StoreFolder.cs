using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>Where an id's package lies in a store.</summary>
/// <param name="Path">Of its folder, from the store's.</param>
/// <param name="Revision">The name of its revision; null for a plain folder, as the Rust implementation and distributions lay them.</param>
internal readonly record struct StorePlace(string Path, string? Revision);

/// <summary>
/// One store on disk: <c>&lt;id&gt;</c> is a link to <c>.revisions/&lt;id&gt;/&lt;revision&gt;</c>, or a plain folder. Only layout here; who
/// may do what is <see cref="PackageStore"/>'s.
/// </summary>
internal sealed class StoreFolder
{
    /// <summary>Holds the revisions, a folder per id.</summary>
    public const string Revisions = ".revisions";

    /// <summary>Holds what is being installed or thrown away; whatever is found there belongs to nobody.</summary>
    public const string Staging = ".staging";

    /// <summary>Held by the one process that changes the store.</summary>
    public const string LockFile = ".lock";

    private const string RecordName = "record.json";

    private readonly FactsCache<RevisionsRecord?> _records = new(RecordFile.MaximumBytes, ReadRecord);

    public StoreFolder(string path, bool isSystem)
    {
        Path = path;
        IsSystem = isSystem;
    }

    public string Path { get; }

    /// <summary>Only read.</summary>
    public bool IsSystem { get; }

    /// <summary>Opens the store; null where it does not exist.</summary>
    public Descriptor? TryOpen()
    {
        try
        {
            return Files.Open(Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>Where the id's active package lies; null where it is not installed here.</summary>
    /// <exception cref="PackageException">A link that leads elsewhere than to one of the id's revisions.</exception>
    public StorePlace? Locate(Descriptor store, AppId app)
    {
        if (Linux.Folders.TryReadLink(store, app.Value) is { } target)
        {
            string prefix = RevisionsOf(app) + "/";
            return target.StartsWith(prefix, StringComparison.Ordinal) && IsRevisionName(target[prefix.Length..])
                ? new StorePlace(target, target[prefix.Length..])
                : throw new PackageException(PackageFault.Invalid, $"{Path}/{app} is a link to '{Printable.Quote(target)}', which is no revision of it: remove the link and install the app again");
        }

        return Linux.Folders.TryStat(store, app.Value) switch
        {
            null => null,
            { Type: FileType.Directory } => new StorePlace(app.Value, null),
            { } other => throw new PackageException(PackageFault.Invalid, $"{Path}/{app} is {PackageTree.Kind(other.Type)}: remove it"),
        };
    }

    /// <summary>The ids that have a name here, sorted.</summary>
    public static List<AppId> Ids(Descriptor store)
    {
        List<AppId> ids = [];
        foreach (string name in Linux.Folders.List(store))
        {
            if (AppId.TryParse(name, out AppId app))
            {
                ids.Add(app);
            }
        }

        return ids;
    }

    /// <summary>What is recorded of the id's revisions, oldest first.</summary>
    public IReadOnlyList<RevisionRecord> Record(AppId app) => _records.Get(RecordPath(app))?.Revisions ?? [];

    public void WriteRecord(AppId app, IReadOnlyList<RevisionRecord> revisions) =>
        RecordFile.Write(RecordPath(app), new RevisionsRecord { Revisions = revisions }, StoreJson.Default.RevisionsRecord);

    /// <summary>
    /// What is recorded of a revision, and of the one before it, which rollback goes to; null where nothing is. A revision without a record
    /// was not installed with <c>--dev</c>: it needs a trusted signature.
    /// </summary>
    public (RevisionRecord? Revision, RevisionRecord? Before) RecordOf(AppId app, string? revision)
    {
        RevisionRecord? before = null;
        foreach (RevisionRecord record in revision is null ? [] : Record(app))
        {
            if (record.Name == revision)
            {
                return (record, before);
            }

            before = record;
        }

        return (null, null);
    }

    public static string RevisionsOf(AppId app) => $"{Revisions}/{app.Value}";

    /// <summary>A digest, and where two revisions have the same content a mark that tells them apart.</summary>
    public static bool IsRevisionName(string name)
    {
        const int DigestDigits = ContentDigest.Length * 2;
        return name.Length is DigestDigits or (DigestDigits + 9)
            && name.AsSpan(0, DigestDigits).IndexOfAnyExcept(HexDigits) < 0
            && (name.Length == DigestDigits || (name[DigestDigits] == '-' && name.AsSpan(DigestDigits + 1).IndexOfAnyExcept(HexDigits) < 0));
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    private static RevisionsRecord? ReadRecord(string path, byte[]? bytes)
    {
        RevisionsRecord? record = RecordFile.Parse(path, bytes, StoreJson.Default.RevisionsRecord);
        return record is null || record.Revisions.All(static r => r is not null) ? record : throw RecordFile.Damaged(path, "a revision is missing", null);
    }

    private string RecordPath(AppId app) => System.IO.Path.Combine(Path, Revisions, app.Value, RecordName);
}
