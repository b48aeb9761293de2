using System.Text.Json;
using Weft.Appd.State;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

internal sealed partial class Session
{
    /// <summary>The session as lists show it. The caller holds the gate.</summary>
    public SessionInfo Info() => new()
    {
        SessionId = Id,
        AppId = _plan.App.ToString(),
        Name = _plan.Manifest.Name,
        Version = _plan.Manifest.Version.ToString(),
        State = _state,
        StartedAt = _plan.StartedAt,
        Pid = _state == SessionState.Stopped ? 0 : Pid,
        Backend = "host",
        RuntimeVersion = _isForeign ? "foreign" : RuntimeVersion(),
        Epoch = 0,
        UiUrl = _parts.Pages?.UrlOf(Id),
        Console = false,
        Development = _plan.Development,
        Painted = _painted ? true : null,
        RestoredFrom = _plan.RestoredFrom,
    };

    /// <summary>All about the session. The caller holds the gate.</summary>
    public SessionDetails Details() => SessionDetails.Of(
        Info(),
        [.. _plan.Grants.Select(grant => grant with { Used = _used.GetValueOrDefault(grant.Name) })],
        LimitTexts(_plan.Limits),
        Receipt.Write(_plan, _isForeign, _report),
        new SessionUsage(),
        _end);

    /// <summary>The log, with all output up to now.</summary>
    public SessionLog TakeOutput() => _output.Flush();

    /// <summary>The compositor has shown the first picture. The caller holds the gate.</summary>
    public void Painted() => _painted = true;

    /// <summary>The state as it is. The caller holds the gate.</summary>
    public AppState CurrentState() => StateMessage();

    /// <summary>An ended session, as far as the record still knows it.</summary>
    public static SessionDetails DetailsOf(EndedSession ended) => SessionDetails.Of(
        new SessionInfo
        {
            SessionId = new SessionId(ended.SessionId),
            AppId = ended.AppId,
            Name = ended.Name,
            Version = ended.Version,
            State = SessionState.Stopped,
            StartedAt = ended.StartedAt,
            Pid = 0,
            Backend = "host",
            RuntimeVersion = ended.RuntimeVersion ?? "",
            Epoch = 0,
            Console = false,
            Development = ended.Development,
            RestoredFrom = ended.RestoredFrom is { } from ? new SessionId(from) : null,
        },
        ended.Grants ?? [],
        ended.Limits ?? new LimitValues(),
        ended.Receipt ?? Receipt.None,
        new SessionUsage(),
        ended.End);

    public static LimitValues LimitTexts(AppLimits limits) => new()
    {
        Cpu = Amounts.FormatCpu(limits.CpuPercent),
        Memory = Amounts.FormatBytes(limits.MemoryBytes),
        Tasks = (uint)limits.Tasks,
        LinearMemory = Amounts.FormatBytes(limits.LinearMemoryBytes),
    };

    /// <summary>What its processes use now, by the process table.</summary>
    public SessionUsage Usage()
    {
        const ulong MillisecondsPerTick = 10; // USER_HZ is 100 wherever .NET runs
        ulong ticks = 0, memory = 0;
        int tasks = 0;
        foreach (Linux.ProcessFacts process in Pid == 0 ? [] : Linux.Processes.InSession(Pid))
        {
            ticks += process.CpuTicks + process.ChildrenCpuTicks;
            memory += (ulong)(Linux.Processes.Pss(process.Pid) ?? 0);
            tasks += process.Threads;
        }

        return tasks == 0 ? new SessionUsage() : new SessionUsage
        {
            CpuMs = ticks * MillisecondsPerTick,
            Memory = memory > 0 ? memory : null,
            Tasks = (uint)tasks,
        };
    }

    private string RuntimeVersion() => Receipt.RuntimeVersionOf(_report);
}
