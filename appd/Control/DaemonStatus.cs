using Weft.Appd.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>What the daemon says of itself and its parts; each part is asked when somebody wants to know.</summary>
internal sealed class DaemonStatus(DaemonFacts facts, ISessions sessions, IApps apps, Func<int> clients)
{
    private readonly List<Func<IEnumerable<StatusPart>>> _parts = [];

    /// <summary>Adds parts. Not after the doors are open. What is asked must not block and must not throw.</summary>
    public void Add(Func<IEnumerable<StatusPart>> parts) => _parts.Add(parts);

    /// <summary>Everything at one instant. The caller holds the gate.</summary>
    public StatusReply Now() => new()
    {
        Version = facts.Version,
        Instance = facts.Instance,
        StartedAt = facts.StartedAt,
        Parts = [.. _parts.SelectMany(parts => parts())],
        Counts = new Dictionary<string, ulong>
        {
            ["sessions"] = (ulong)sessions.Live().Count,
            ["apps"] = (ulong)apps.Known().Count,
            ["clients"] = (ulong)clients(),
        },
    };

    /// <summary>What this version does not enforce, whatever the machine can.</summary>
    public static IEnumerable<StatusPart> Unenforced()
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
