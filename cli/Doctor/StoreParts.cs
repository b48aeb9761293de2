using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Cli.Doctor;

/// <summary>Packages and the keys that vouch for them. Only looks: makes no folder.</summary>
internal static class StoreParts
{
    public static void Add(List<StatusPart> parts, WeftPaths paths, WeftSettings settings, TimeProvider time)
    {
        parts.Add(Keys(paths));
        if (!paths.AppStores.Any(static s => Directory.Exists(s.Path)))
        {
            parts.Add(new StatusPart
            {
                Part = "packages",
                State = PartState.Present,
                Detail = $"nothing is installed; {paths.UserStore} is made by the first install",
                Remedy = "weft install REF",
            });
            return;
        }

        PackageStoreOptions options = PackageStoreOptions.From(paths) with { ApproveAll = settings.ApproveAll, Machine = settings.Limits };
        using var store = new PackageStore(options, time);
        StoreListing listing = store.List();
        List<string> said =
        [
            .. listing.Packages.Where(static p => p.Problem is not null).Select(static p => $"{p.AppId}: {p.Problem}"),
            .. listing.Problems.Select(static p => $"{p.AppId}: {p.Message}"),
        ];
        int waiting = listing.Packages.Count(static p => p.NeedsApproval.Count > 0);
        string where = string.Join(" and ", paths.AppStores.Where(static s => Directory.Exists(s.Path)).Select(static s => s.Path));
        parts.Add(new StatusPart
        {
            Part = "packages",
            State = said.Count == 0 ? PartState.Present : PartState.Degraded,
            Detail = $"{listing.Packages.Count} in {where}{(waiting > 0 ? $", {waiting} to be approved" : "")}{(said.Count > 0 ? $": {string.Join("; ", said)}" : "")}",
            Remedy = said.Count > 0 ? "weft pack list shows them; install them anew or uninstall them" : waiting > 0 ? "weft approve ID" : null,
        });
    }

    private static StatusPart Keys(WeftPaths paths)
    {
        TrustedKeys trusted = new TrustedKeyFolders(paths.TrustedKeyFolders).Current();
        string folders = string.Join(" and ", paths.TrustedKeyFolders);
        return new StatusPart
        {
            Part = "trusted keys",
            State = trusted.Keys.Count == 0 ? PartState.Missing : trusted.Problems.Count > 0 ? PartState.Degraded : PartState.Present,
            Detail = $"{trusted.Keys.Count} in {folders}{(trusted.Problems.Count > 0 ? $": {string.Join("; ", trusted.Problems)}" : "")}",
            Remedy = trusted.Keys.Count == 0 ? "copy a publisher's weft-sign.pub there, or install with --dev" : null,
        };
    }
}
