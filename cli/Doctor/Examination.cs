using Weft.Core.Apps;
using Weft.Core.Engines;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Cli.Doctor;

/// <summary>All that <c>weft doctor</c> looks at. What the daemon says of itself comes in where it answers; nothing needs it.</summary>
internal static class Examination
{
    public static async Task<List<StatusPart>> RunAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        WeftPaths paths = surroundings.Paths;
        var parts = new List<StatusPart>();
        StatusReply? daemon = await DaemonParts.AskAsync(surroundings, parts, cancellationToken);
        SettingsStore? settings = Guard(parts, "settings", () => SettingsStore.Load(paths));
        if (settings is not null)
        {
            parts.Add(Settings(settings));
        }

        WeftSettings values = settings?.Current ?? WeftSettings.Defaults;
        if (daemon is null)
        {
            Guard(parts, "runtime", () => EngineParts.Add(parts, paths, EnginePlace.Find(paths, values), surroundings.Time, values.AllowUntestedEngine));
        }

        Guard(parts, "packages", () => StoreParts.Add(parts, paths, values, surroundings.Time));

        // The daemon knows best what it does with this machine: the engine that its environment names, not this one's.
        foreach (StatusPart part in daemon?.Parts ?? UnenforcedParts.All)
        {
            if (!parts.Exists(p => p.Part == part.Part))
            {
                parts.Add(part);
            }
        }

        Guard(parts, "compositor", () => MachineParts.Add(parts, paths));
        return parts;
    }

    /// <summary>Looks at a part; what cannot be looked at is missing, and the others are looked at all the same.</summary>
    private static T? Guard<T>(List<StatusPart> parts, string part, Func<T> look)
        where T : class
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FoldersException or Core.Store.PackageException)
        {
            parts.Add(new StatusPart { Part = part, State = PartState.Missing, Detail = e.Message });
            return null;
        }
    }

    private static void Guard(List<StatusPart> parts, string part, Action look) => Guard<object>(parts, part, () =>
    {
        look();
        return parts;
    });

    private static StatusPart Settings(SettingsStore settings)
    {
        if (settings.Findings.Count == 0)
        {
            int set = settings.List().Count(static s => s.Source != "default");
            return new StatusPart { Part = "settings", State = PartState.Present, Detail = set == 0 ? "all at their defaults" : $"{set} set, the others at their defaults" };
        }

        return new StatusPart
        {
            Part = "settings",
            State = settings.Findings.Any(static f => f.Finding.Severity == Severity.Error) ? PartState.Degraded : PartState.Present,
            Detail = string.Join("; ", settings.Findings),
            Remedy = "mend the files named; docs/settings.md lists all keys",
        };
    }
}
