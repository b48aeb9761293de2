using Microsoft.Extensions.Logging;
using Weft.Appd.State;
using Weft.Core.Folders;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>
/// What a daemon that died has left: sessions that run on without one, their sockets, their end records. A starting daemon
/// ends them (adoption comes later) and explains each: by its end record where it had ended by itself.
/// </summary>
internal sealed partial class Leftovers(SessionRecord record, WeftPaths paths, SessionLimits limits, TimeProvider time, ILogger logger)
{
    /// <summary>Ends what is left, all of it side by side. Before any door is open.</summary>
    public async Task EndAsync()
    {
        IReadOnlyList<LiveSession> left = record.LiveSessions();
        if (left.Count > 0)
        {
            Log.Found(logger, left.Count);
        }

        await Task.WhenAll(left.Select(EndAsync));
        Sweep(paths.RuntimeFolder, "ipc-*.sock");
        Sweep(Path.Combine(paths.StateRoot, "ends"), "*.end");
        SweepLogs();
    }

    private async Task EndAsync(LiveSession session)
    {
        EndRecord? ended = ReadEnd(session.SessionId);
        bool alive = session.BootId == Linux.Processes.BootId && Linux.Processes.StartTime(session.Pid) == session.PidStartTime;
        if (session.BootId == Linux.Processes.BootId)
        {
            // Also where the leader is gone: what it started may live on.
            var family = new ProcessFamily(session.Pid, session.PidStartTime, session.Mark);
            IReadOnlyList<ProcessFacts> survivors = await Linux.Processes.KillFamilyAsync(family, limits.Kill);
            if (survivors.Count > 0)
            {
                Log.Survives(logger, session.SessionId, string.Join(", ", survivors.Select(process => process.Pid)));
            }
        }

        record.End(new EndedSession
        {
            SessionId = session.SessionId,
            AppId = session.AppId,
            Name = session.Name,
            Version = session.Version,
            StartedAt = session.StartedAt,
            EndedAt = ended?.Ended ?? time.GetUtcNow().ToUnixTimeMilliseconds(),
            RestoredFrom = session.RestoredFrom,
            End = Explain(session, ended, alive),
        });
    }

    private SessionEnd Explain(LiveSession session, EndRecord? ended, bool alive)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var facts = new List<Fact> { SessionEnding.Fact(now, "appd", alive ? $"pid {session.Pid} ran without a daemon and was killed" : $"pid {session.Pid} was gone") };
        if (ended?.Ended is not null && !alive)
        {
            // It had ended by itself while nobody looked: that is why it ended, not the daemon.
            SessionEnd own = SessionEnding.Decide(new EndEvidence
            {
                AppName = session.Name,
                Status = null,
                At = ended.Ended.Value,
                WasReady = true,
                Record = ended,
                Facts = facts,
            });
            return own with { Message = own.Message + " Weft was not running then." };
        }

        string why = session.BootId == Linux.Processes.BootId
            ? "was ended because Weft itself had stopped unexpectedly"
            : "was running when the machine went down";
        if (ended is { Began: null })
        {
            facts.Add(SessionEnding.Fact(now, "end record", "the guest had not begun"));
        }

        facts.AddRange(ended?.Facts.Select(fact => SessionEnding.Fact(fact.At, "runtime", fact.What)) ?? []);
        return new SessionEnd { Cause = EndCause.DaemonLostIt, Message = $"{session.Name} {why}.", Facts = facts };
    }

    private EndRecord? ReadEnd(ulong session)
    {
        try
        {
            using Descriptor file = Files.Open(Path.Combine(paths.StateRoot, "ends", $"{session}.end"), OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
            return EndRecordReader.Read(file);
        }
        catch (LinuxException e)
        {
            if (e.Errno != Errno.ENOENT)
            {
                Log.NoEnd(logger, session, e.Message);
            }

            return null;
        }
    }

    /// <summary>Removes what no session of this daemon can own: it has none yet.</summary>
    private void Sweep(string folder, string pattern)
    {
        foreach (string path in Directory.EnumerateFiles(folder, pattern))
        {
            try
            {
                Files.Unlink(path);
            }
            catch (IOException e)
            {
                Log.NotSwept(logger, e.Message);
            }
        }
    }

    /// <summary>Logs are kept as long as the ends they belong to.</summary>
    private void SweepLogs()
    {
        var known = record.EndedSessions().ToHashSet();
        foreach (string path in Directory.EnumerateFiles(Path.Combine(paths.StateRoot, "logs")))
        {
            string name = Path.GetFileName(path);
            if (ulong.TryParse(name.AsSpan(0, Math.Max(0, name.IndexOf('.'))), out ulong session) && !known.Contains(session))
            {
                Sweep(Path.GetDirectoryName(path)!, name);
            }
        }
    }

    // Event ids 1330 to 1339 belong to what a dead daemon left.
    private static partial class Log
    {
        [LoggerMessage(1330, LogLevel.Warning, "{Count} sessions were left by a weft-appd that did not stop in order; they are ended")]
        public static partial void Found(ILogger logger, int count);

        [LoggerMessage(1331, LogLevel.Error, "Processes {Processes} of session {SessionId} cannot be killed")]
        public static partial void Survives(ILogger logger, ulong sessionId, string processes);

        [LoggerMessage(1332, LogLevel.Warning, "The end record of session {SessionId} cannot be read: {Problem}")]
        public static partial void NoEnd(ILogger logger, ulong sessionId, string problem);

        [LoggerMessage(1333, LogLevel.Warning, "Something left by a dead weft-appd stays: {Problem}")]
        public static partial void NotSwept(ILogger logger, string problem);
    }
}
