namespace Weft.Core.Protocol;

/// <summary>What this version does not enforce, whatever the machine can: the daemon says it of itself, <c>weft doctor</c> where no daemon answers.</summary>
public static class UnenforcedParts
{
    private const string NotYet = "none in this version; policy.enforcement = \"require\" refuses launches instead";

    public static IReadOnlyList<StatusPart> All { get; } =
    [
        new()
        {
            Part = "process limits",
            State = PartState.Degraded,
            Detail = "unenforced: sessions run as plain process groups, without systemd scopes",
            Remedy = NotYet,
        },
        new()
        {
            Part = "sandbox",
            State = PartState.Degraded,
            Detail = "unenforced: apps are held by WebAssembly and the runtime alone, without Landlock and seccomp",
            Remedy = NotYet,
        },
        new()
        {
            Part = "compiler",
            State = PartState.Degraded,
            Detail = "held by an address space limit (RLIMIT_AS, 1 GiB) and a deadline of 60 s, not by a scope of its own",
        },
        new()
        {
            Part = "peer check",
            State = PartState.Degraded,
            Detail = "weak: processes of sessions are told from the user's own by ancestry, not by their cgroup",
        },
    ];
}
