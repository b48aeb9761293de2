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
}
