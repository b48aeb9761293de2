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
        Guard(parts, "runtime", () => EngineParts.Add(parts, paths, EnginePlace.Find(paths, values), surroundings.Time, values.AllowUntestedEngine));
        Guard(parts, "packages", () => StoreParts.Add(parts, paths, values, surroundings.Time));

        // The daemon knows best what it does with this machine; its word is asked for only where there is none of ours.
        foreach (StatusPart part in daemon?.Parts ?? Unenforced())
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

    /// <summary>What this version does not enforce, where no daemon says it.</summary>
    private static IEnumerable<StatusPart> Unenforced()
    {
        yield return new StatusPart
        {
            Part = "process limits",
            State = PartState.Degraded,
            Detail = "unenforced: sessions run as plain process groups, without systemd scopes",
            Remedy = "none in this version; policy.enforcement = \"require\" refuses launches instead",
        };
        yield return new StatusPart
        {
            Part = "sandbox",
            State = PartState.Degraded,
            Detail = "unenforced: apps are held by WebAssembly and the runtime alone, without Landlock and seccomp",
            Remedy = "none in this version; policy.enforcement = \"require\" refuses launches instead",
        };
        yield return new StatusPart
        {
            Part = "compiler",
            State = PartState.Degraded,
            Detail = "held by an address space limit (RLIMIT_AS, 1 GiB) and a deadline of 60 s, not by a scope of its own",
        };
        yield return new StatusPart
        {
            Part = "peer check",
            State = PartState.Degraded,
            Detail = "weak: processes of sessions are told from the user's own by ancestry, not by their cgroup",
        };
    }
}
