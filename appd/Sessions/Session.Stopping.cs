using Microsoft.Extensions.Logging;
using Weft.Appd.Processes;
using Weft.Appd.State;
using Weft.Core.Output;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

internal sealed partial class Session
{
    /// <summary>
    /// Asks the session to end, in any state; the first reason wins. The guest gets the grace, unless nothing of it runs yet
    /// or <paramref name="force"/> says otherwise; a later call can only shorten that.
    /// </summary>
    /// <returns>The state that it is in then.</returns>
    public AppState RequestStop(EndRequest request, bool force = false)
    {
        AppState state;
        bool first = false;
        bool kill;
        lock (Gate)
        {
            if (_state is SessionState.Starting or SessionState.Running)
            {
                first = true;
                _state = SessionState.Stopping;
                _requested = request;
                if (_visible)
                {
                    Publish(StateMessage());
                    _parts.Announcements.ToPages(Id, new Closing { GraceMs = (uint)_parts.Limits.Grace.TotalMilliseconds });
                }
            }

            state = StateMessage();

            // Held still, it has no guest that could save anything.
            kill = _state == SessionState.Stopping && (force || !_letGo);
            if (first && !kill)
            {
                _graceTimer = _parts.Time.CreateTimer(static session => ((Session)session!).OnGraceOver(), this, _parts.Limits.Grace, Timeout.InfiniteTimeSpan);
            }
        }

        if (kill)
        {
            Kill();
        }
        else if (first)
        {
            Task asking = AskToStopAsync();
            lock (Gate)
            {
                _asking = asking;
            }
        }

        return state;
    }

    /// <summary>First over the channel, which says the grace; the signal, which does not, when the runtime has heard that.</summary>
    private async Task AskToStopAsync()
    {
        TimeSpan patience = _parts.Limits.Closing < _parts.Limits.Grace / 2 ? _parts.Limits.Closing : _parts.Limits.Grace / 2;
        try
        {
            await (_isForeign ? Task.CompletedTask : _channel.SendClosingAsync(_parts.Limits.Grace)).WaitAsync(patience, _parts.Time);
        }
        catch (TimeoutException)
        {
            // It does not listen: the signal alone is left.
        }

        _process?.AskToStop();
    }

    /// <summary>The compositor says that the window is gone.</summary>
    public void OnWindowClosed() => RequestStop(new EndRequest(
        EndCause.WindowClosed,
        "was ended because its window was closed",
        SessionEnding.Fact(Now, "compositor", $"client_disconnected {Pid}")));

    private void OnGraceOver()
    {
        Log.Forced(_parts.Logger, _plan.App, Id, _parts.Limits.Grace);
        Kill();
    }

    /// <summary>Kills all processes of the session, once, until none is left.</summary>
    private Task Kill()
    {
        lock (Gate)
        {
            _killed |= _state == SessionState.Stopping;
            return _killing ??= _process is null ? Task.CompletedTask : KillAllAsync(_process);
        }
    }

    private async Task KillAllAsync(IRuntimeProcess process)
    {
        // Off the gate: looking through the process table takes a while.
        await Task.Yield();
        while (true)
        {
            IReadOnlyList<string> left = await process.KillAsync(_parts.Limits.Kill);
            if (left.Count == 0)
            {
                return;
            }

            // In the middle of a disk access nothing dies. It is a live session as long as that lasts, and is shown as one.
            Log.CannotKill(_parts.Logger, _plan.App, Id, string.Join(", ", left));
        }
    }

    /// <summary>Runs for the session's whole life and ends it: the one way out, whatever the reason.</summary>
    private async Task EndWithProcessAsync(IRuntimeProcess process)
    {
        ExitStatus status = await process.Exited;
        long at = Now;
        try
        {
            await _acknowledged.Task;
        }
        catch (ControlException)
        {
            // Nobody has heard of it: it goes without a word.
            await Kill();
            Dispose();
            Remove(_plan.SocketPath);
            Remove(_plan.EndPath);
            _gone.TrySetResult();
            return;
        }

        // Each step runs whatever became of the one before; none of them throws what is not a bug.
        await Kill();
        await Task.WhenAll(Within(process.Drained), Within(_channel.FinishAsync()));
        var facts = new List<Fact>();
        EndRecord? record = ReadEndRecord(facts);
        string lastWords = process.LastWords();
        _output.Finish();
        Dispose();
        Task asking;
        lock (Gate)
        {
            asking = _asking;
        }

        await asking; // its link has ended, so it ends
        Remove(_plan.SocketPath);
        Finish(status, at, record, lastWords, facts);
        _gone.TrySetResult();
    }

    /// <summary>Waits for what else explains the end, for as long as an end waits.</summary>
    private async Task Within(Task evidence)
    {
        try
        {
            await evidence.WaitAsync(_parts.Limits.Evidence, _parts.Time);
        }
        catch (TimeoutException)
        {
            // What has not come by now does not count.
        }
    }

    private EndRecord? ReadEndRecord(List<Fact> facts)
    {
        try
        {
            using Descriptor file = Files.Open(_plan.EndPath, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
            return EndRecordReader.Read(file);
        }
        catch (IOException e)
        {
            facts.Add(SessionEnding.Fact(Now, "appd", e.Message));
            return null;
        }
    }

    /// <summary>Closes what the session holds; its processes are gone by then, or were never started.</summary>
    public void Dispose()
    {
        _readyTimer?.Dispose();
        _channel.Dispose();
        _process?.Dispose();
        _output.Dispose();
        _lease.Dispose();
    }

    private void Finish(ExitStatus status, long at, EndRecord? record, string lastWords, List<Fact> facts)
    {
        EndedSession ended;
        lock (Gate)
        {
            _graceTimer?.Dispose();
            SessionEnd end = SessionEnding.Decide(new EndEvidence
            {
                AppName = _plan.Manifest.Name,
                Status = status,
                At = at,
                WasReady = _readyAt is not null,
                Requested = _requested,
                Killed = _killed && status.Signal == Signals.SIGKILL,
                Record = record,
                LastWords = lastWords,
                Facts = facts,
            });
            TimeSpan? readyFor = _readyAt is { } since ? _parts.Time.GetElapsedTime(since) : null;
            RestartVerdict verdict = Supervision.Judge(_plan.Manifest.Restart, end.Cause, readyFor, _plan.Row, _parts.Limits);
            if (verdict.GaveUp)
            {
                end = end with
                {
                    Cause = EndCause.Limit,
                    Message = $"{_plan.Manifest.Name} failed {_parts.Limits.FailuresInARow} times in a row and is not started again. Last: {end.Message}",
                    Facts = [.. end.Facts, SessionEnding.Fact(at, "supervision", $"this run alone would be: {end.Cause.Wire()}")],
                };
            }

            _end = end;
            _state = SessionState.Stopped;
            if (_surface)
            {
                _parts.Compositor.Destroyed(Id);
            }

            ended = new EndedSession
            {
                SessionId = Id.Value,
                AppId = _plan.App.ToString(),
                Name = _plan.Manifest.Name,
                Version = _plan.Manifest.Version.ToString(),
                StartedAt = _plan.StartedAt,
                EndedAt = at,
                RestoredFrom = _plan.RestoredFrom?.Value,
                Development = _plan.Development,
                RuntimeVersion = _isForeign ? "foreign" : RuntimeVersion(),
                Grants = [.. _plan.Grants.Select(grant => grant with { Used = _used.GetValueOrDefault(grant.Name) })],
                Limits = LimitTexts(_plan.Limits),
                Receipt = Receipt.Write(_plan, _isForeign, _report),
                End = end,
            };

            // Into the record first: whoever asks from the next line on finds it among the ended ones.
            _parts.Record.End(ended, _ => Remove(_plan.EndPath));
            Publish(StateMessage());
            _parts.Announcements.SessionEnded(Id);
            _parts.Pages?.Close(Id);
            _parts.Owner.Disappeared(this, ended, verdict);
        }

        Log.Ended(_parts.Logger, _plan.App, Id, ended.End.Cause.Wire(), ended.End.Message);
    }

    private void Remove(string path)
    {
        try
        {
            Files.Unlink(path);
        }
        catch (IOException e)
        {
            Log.NotRemoved(_parts.Logger, Id, e.Message);
        }
    }

    // Event ids 1200 to 1249 belong to a session.
    private static partial class Log
    {
        [LoggerMessage(1200, LogLevel.Information, "Session {SessionId} of {AppId} ended: {Cause}. {Message}")]
        public static partial void Ended(ILogger logger, Core.Apps.AppId appId, SessionId sessionId, string cause, string message);

        [LoggerMessage(1201, LogLevel.Warning, "Session {SessionId} of {AppId} did not stop within {Grace} and is killed")]
        public static partial void Forced(ILogger logger, Core.Apps.AppId appId, SessionId sessionId, TimeSpan grace);

        [LoggerMessage(1202, LogLevel.Error, "Session {SessionId} of {AppId} has processes that cannot be killed: {Processes}; trying again")]
        public static partial void CannotKill(ILogger logger, Core.Apps.AppId appId, SessionId sessionId, string processes);

        [LoggerMessage(1203, LogLevel.Warning, "Session {SessionId}: {Problem}")]
        public static partial void NotRemoved(ILogger logger, SessionId sessionId, string problem);

        [LoggerMessage(1204, LogLevel.Error, "Session {SessionId} of {AppId} could not be recorded and is taken back: {Problem}")]
        public static partial void NotRecorded(ILogger logger, Core.Apps.AppId appId, SessionId sessionId, string problem);
    }
}
