using Microsoft.Extensions.Logging;
using Weft.Appd.Processes;
using Weft.Appd.State;
using Weft.Core.Protocol;
using Weft.Core.Store;

namespace Weft.Appd.Sessions;

internal sealed partial class Session
{
    /// <summary>
    /// Starts the runtime, held, and writes the intent meanwhile. What comes next comes from both: see
    /// <see cref="OnDurable"/> and <see cref="OnReported"/>, whichever is later lets the guest run.
    /// </summary>
    /// <exception cref="IOException">The program could not be started. Nothing is left of it, and no session exists.</exception>
    public void Start(IRuntimeLauncher launcher, RuntimeLaunch launch, AnsweredRequest? answer)
    {
        // A foreign runtime measures nothing: there is no report to wait for.
        _report = launcher.IsForeign ? [] : null;
        _isForeign = launcher.IsForeign;
        IRuntimeProcess process = launcher.Start(launch, this);
        _process = process;
        _readyTimer = _parts.Time.CreateTimer(static session => ((Session)session!).OnReadyTimeout(), this, _parts.Limits.Ready, Timeout.InfiniteTimeSpan);
        _ = EndWithProcessAsync(process);
        _parts.Record.Intend(
            new LiveSession
            {
                SessionId = Id.Value,
                AppId = _plan.App.ToString(),
                Name = _plan.Manifest.Name,
                Version = _plan.Manifest.Version.ToString(),
                StartedAt = _plan.StartedAt,
                SurfaceId = _plan.Request.SurfaceId,
                Args = _plan.Request.Args,
                Env = _plan.Request.Env,
                Limits = _plan.Request.Limits,
                RestoredFrom = _plan.RestoredFrom?.Value,
                BootId = Linux.Processes.BootId,
                Pid = process.Pid,
                PidStartTime = process.StartTime,
                Mark = $"WEFT_READY_TOKEN={_plan.Token}",
            },
            answer,
            OnDurable);
    }

    /// <summary>On the poller's thread: engine and box stand.</summary>
    public void OnReported(byte[] report)
    {
        lock (Gate)
        {
            _report ??= report;
        }

        LetGoWhenBothAreThere();
    }

    /// <summary>On the poller's thread: the line with the token.</summary>
    public void OnReady()
    {
        lock (Gate)
        {
            if (!_letGo)
            {
                _saidReady = true; // it cannot be: nothing of the guest has run. Counted when it is let go.
                return;
            }

            BecomeRunning();
        }

        AfterReady();
    }

    /// <summary>On the poller's thread: output of a foreign program's own pipes.</summary>
    public void OnForeignOutput(ReadOnlySpan<byte> bytes, bool error) => _output.TakeForeign(bytes, error);

    /// <summary>On the writer's thread: the intent is on disk, or could not be written.</summary>
    private void OnDurable(Exception? failure)
    {
        var ack = new LaunchAck { SessionId = Id, AppId = _plan.App.ToString() };
        lock (Gate)
        {
            if (failure is null)
            {
                _visible = true;
                _parts.Owner.Appeared(this);
                if (_lease is PackageLease lease)
                {
                    _parts.Pages?.Open(Id, _plan.Manifest, lease);
                }

                Publish(ack, except: _from);
                Publish(new AppState { SessionId = Id, State = SessionState.Starting });
                if (_state == SessionState.Stopping)
                {
                    Publish(StateMessage());
                }
            }
            else
            {
                _parts.Owner.Withdrawn(this);
            }
        }

        if (failure is not null)
        {
            Log.NotRecorded(_parts.Logger, _plan.App, Id, failure.Message);
            _acknowledged.TrySetException(new ControlException(
                ControlCode.HostFailed,
                $"launch {_plan.App}: its session could not be recorded ({failure.Message}); make room or repair the state folder, then try again"));
            Kill();
            return;
        }

        _acknowledged.TrySetResult(ack);
        LetGoWhenBothAreThere();
    }

    private void LetGoWhenBothAreThere()
    {
        bool ready;
        lock (Gate)
        {
            if (!_visible || _report is null || _letGo || _state != SessionState.Starting)
            {
                return;
            }

            _letGo = true;
            if (_plan.HasSurface)
            {
                // Under the gate, so that created and destroyed can never change places; the link does not block.
                _surface = true;
                _parts.Compositor.Created(_plan.App.ToString(), Id, Pid);
            }

            ready = _saidReady;
            if (ready)
            {
                BecomeRunning();
            }
        }

        _process!.LetGo();
        if (!_isForeign)
        {
            _channel.Start();
        }

        if (ready)
        {
            AfterReady();
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void BecomeRunning()
    {
        if (_readyAt is not null || _state != SessionState.Starting)
        {
            return;
        }

        _readyAt = _parts.Time.GetTimestamp();
        _state = SessionState.Running;
        Publish(new AppReady { SessionId = Id, AppId = _plan.App.ToString() });
        Publish(StateMessage());
    }

    private void AfterReady()
    {
        _readyTimer?.Dispose();
        _process?.StopWatchingForReady();
        _channel.Connect();
    }

    private void OnReadyTimeout()
    {
        lock (Gate)
        {
            if (_readyAt is not null)
            {
                return;
            }
        }

        string seconds = $"{_parts.Limits.Ready.TotalSeconds:0.#} s";
        RequestStop(new EndRequest(
            EndCause.ReadyTimeout,
            $"was not ready within {seconds} and was ended",
            SessionEnding.Fact(Now, "appd", $"no READY within {seconds}")));
    }
}
