using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

internal sealed partial class SessionTable
{
    /// <summary>Launches are refused from now on, and nothing is started again.</summary>
    public void Close()
    {
        lock (Gate)
        {
            _closed = true;
            foreach (ITimer timer in _restarts.Values)
            {
                timer.Dispose();
            }

            _restarts.Clear();
        }
    }

    /// <summary>Ends all sessions side by side; completes when nothing of them is left, or the deadline passes.</summary>
    /// <param name="force">Cancelled: nobody waits for a guest any more.</param>
    public async Task StopAllAsync(EndCause cause, CancellationToken force)
    {
        Close();
        List<Session> all;
        lock (Gate)
        {
            all = [.. _sessions.Values, .. _launching];
        }

        Log.StopsAll(_parts.Logger, all.Count, cause);
        long now = _parts.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var request = new EndRequest(cause, "was ended because Weft was stopped", SessionEnding.Fact(now, "appd", "orderly stop"));
        foreach (Session session in all)
        {
            session.RequestStop(request, force.IsCancellationRequested);
        }

        using CancellationTokenRegistration hurry = force.Register(() => all.ForEach(session => session.RequestStop(request, force: true)));
        TimeSpan deadline = _parts.Settings().StopTimeout;
        try
        {
            await Task.WhenAll(all.Select(session => session.Gone)).WaitAsync(deadline, _parts.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Log.LeftBehind(_parts.Logger, all.Count(session => !session.Gone.IsCompleted), deadline);
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void ScheduleRestart(SessionPlan plan, RestartRow row, TimeSpan pause)
    {
        _restarts[plan.Id] = _parts.Time.CreateTimer(_ => _ = RestartAsync(plan, row), null, pause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The caller holds the gate.</summary>
    private void CancelRestart(SessionId ended)
    {
        if (_restarts.Remove(ended, out ITimer? timer))
        {
            timer.Dispose();
        }
    }

    private async Task RestartAsync(SessionPlan plan, RestartRow row)
    {
        lock (Gate)
        {
            if (!_restarts.ContainsKey(plan.Id))
            {
                return; // somebody has thought better of it
            }

            CancelRestart(plan.Id);
        }

        try
        {
            await LaunchAsync(plan.App, plan.Request with { RequestId = null }, null, plan.Id, row, CancellationToken.None);
        }
        catch (ControlException e)
        {
            // Uninstalled or not approved meanwhile: the end that is recorded already is the last word.
            Log.NotRestarted(_parts.Logger, plan.App, plan.Id, e.Message);
        }
    }
}
