using System.Collections.Concurrent;
using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// Which capabilities a person at this kiosk agreed to, per app. A revision that declares more does not run until that is approved too.
/// Kept in the state root, a file per id; gone with <c>uninstall</c>.
/// </summary>
public sealed class Approvals
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly FactsCache<CapabilitySet> _cache = new(RecordFile.MaximumBytes, Read);
    private readonly ConcurrentDictionary<AppId, string> _paths = new();

    public Approvals(string stateRoot, TimeProvider time)
    {
        _folder = Path.Combine(stateRoot, "approvals");
        _time = time;
    }

    /// <summary>What is approved; the same object as long as the record does not change.</summary>
    /// <exception cref="PackageException">The record cannot be read: <see cref="PackageFault.UnreadableRecord"/>.</exception>
    public CapabilitySet Of(AppId app) => _cache.Get(PathOf(app));

    /// <summary>Adds what <paramref name="declared"/> has beyond the record, and returns just that.</summary>
    public CapabilitySet Add(AppId app, CapabilitySet declared)
    {
        CapabilitySet known = Of(app);
        CapabilitySet added = declared.Beyond(known);
        if (added.Count > 0)
        {
            Files.MakePrivateFolder(_folder);
            ApprovalRecord record = new() { Capabilities = new CapabilitySet([.. known, .. added]).Texts(), ApprovedAt = _time.GetUtcNow().ToUnixTimeMilliseconds() };
            RecordFile.Write(PathOf(app), record, StoreJson.Default.ApprovalRecord);
        }

        return added;
    }

    /// <summary>Forgets what was approved: who installs the app again is asked again.</summary>
    internal void Forget(AppId app) => Files.Unlink(PathOf(app));

    private string PathOf(AppId app) => _paths.GetOrAdd(app, static (id, folder) => Path.Combine(folder, id.Value + ".json"), _folder);

    private static CapabilitySet Read(string path, byte[]? bytes)
    {
        if (RecordFile.Parse(path, bytes, StoreJson.Default.ApprovalRecord) is not { } record)
        {
            return CapabilitySet.Empty;
        }

        try
        {
            return CapabilitySet.Parse(record.Capabilities);
        }
        catch (FormatException e)
        {
            throw new PackageException(PackageFault.UnreadableRecord, $"{path}: {e.Message}; move the file away and approve again", e);
        }
    }
}
