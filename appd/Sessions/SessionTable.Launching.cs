using System.Security.Cryptography;
using Weft.Appd.Control;
using Weft.Appd.Processes;
using Weft.Appd.State;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Linux;

namespace Weft.Appd.Sessions;

internal sealed partial class SessionTable
{
    public async Task<LaunchAck> LaunchAsync(LaunchApp request, Requester? from, CancellationToken cancellationToken)
    {
        AppId app = LaunchCheck.Request(request, _parts.Limits);
        if (request.RequestId is not { } requestId)
        {
            return await LaunchAsync(app, request, from, null, default, cancellationToken);
        }

        TaskCompletionSource<LaunchAck> answer;
        Task<LaunchAck>? earlier = null;
        lock (Gate)
        {
            if (_answering.TryGetValue(requestId, out (string AppId, Task<LaunchAck> Ack) other))
            {
                RequireSameApp(requestId, app, other.AppId);
                earlier = other.Ack;
            }
            else if (_parts.Record.Answered(requestId) is { } answered)
            {
                RequireSameApp(requestId, app, answered.AppId);
                return new LaunchAck { SessionId = new SessionId(answered.SessionId), AppId = answered.AppId };
            }
            else if (!_parts.Record.HasRoomForRequest)
            {
                throw new ControlException(ControlCode.TooMany, $"launch {app}: too many launches with a request_id in ten minutes; leave it out or wait");
            }

            answer = new TaskCompletionSource<LaunchAck>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (earlier is null)
            {
                _answering.Add(requestId, (request.AppId, answer.Task));
            }
        }

        if (earlier is not null)
        {
            return await earlier.WaitAsync(cancellationToken);
        }

        try
        {
            // From here on the launch is done once, whoever still waits for it.
            LaunchAck ack = await LaunchAsync(app, request, from, null, default, CancellationToken.None);
            answer.SetResult(ack);
            return ack;
        }
        catch (ControlException e)
        {
            answer.SetException(e);
            _ = answer.Task.Exception; // those who share the answer see it; where nobody does that is no loss
            throw;
        }
        finally
        {
            lock (Gate)
            {
                _answering.Remove(requestId);
            }
        }
    }

    private async Task<LaunchAck> LaunchAsync(AppId app, LaunchApp request, Requester? from, SessionId? restoredFrom, RestartRow row, CancellationToken cancellationToken)
    {
        WeftSettings settings = _parts.Settings();
        RequireOpen(app);
        if (settings.Enforcement == Enforcement.Require)
        {
            throw new ControlException(
                ControlCode.NotAllowed,
                $"launch {app}: policy.enforcement is \"require\" and this version enforces no limits and no box; set it to \"warn\", or use a version that can");
        }

        RunnablePackage package = _parts.Packages.Open(app);
        Descriptor? code = null;
        bool started = false;
        try
        {
            AppLimits limits = LaunchCheck.Limits(request, package.Manifest, settings.Limits);
            if (package.Manifest.Single && await ExistingAsync(app, cancellationToken) is { } existing)
            {
                return existing;
            }

            code = await _parts.Code.GetAsync(package, cancellationToken);
            Session session = Begin(request, from, package, code, limits, settings, restoredFrom, row);
            started = true;
            return await session.Acknowledged;
        }
        catch (IOException e)
        {
            throw new ControlException(ControlCode.HostFailed, $"launch {app}: {e.Message}", e);
        }
        finally
        {
            package.Module.Dispose();
            code?.Dispose();
            if (!started)
            {
                package.Lease.Dispose();
            }
        }
    }

    /// <summary>The session of an app that runs only once; waits for one that is about to be.</summary>
    private async Task<LaunchAck?> ExistingAsync(AppId app, CancellationToken cancellationToken)
    {
        while (true)
        {
            Session? found = null;
            lock (Gate)
            {
                foreach (Session session in (IEnumerable<Session>)[.. _sessions.Values, .. _launching])
                {
                    if (session.Plan.App == app && session.State is SessionState.Starting or SessionState.Running && session.Plan.App == app)
                    {
                        found = session;
                    }
                }
            }

            if (found is null)
            {
                return null;
            }

            try
            {
                await found.Acknowledged.WaitAsync(cancellationToken);
            }
            catch (ControlException)
            {
                continue; // that launch failed: this one is the first now
            }

            _parts.Compositor.Focus(found.Id);
            return new LaunchAck { SessionId = found.Id, AppId = app.ToString(), Existing = true };
        }
    }

    /// <summary>Makes a session and starts it. What was opened on the way is closed, whatever fails.</summary>
    private Session Begin(LaunchApp request, Requester? from, RunnablePackage package, Descriptor? code, AppLimits limits, WeftSettings settings, SessionId? restoredFrom, RestartRow row)
    {
        Manifest manifest = package.Manifest;
        using OpenedFolders folders = _parts.Folders.Open(manifest);
        SessionId id = _parts.Record.Counter.Next();
        SessionLimits sessionLimits = _parts.Limits with { Ready = settings.ReadyTimeout, Grace = settings.Grace, LogBytes = settings.LogBytes / 2 };
        var plan = new SessionPlan
        {
            Id = id,
            Manifest = manifest,
            Development = package.Development,
            Interface = InterfaceOf(package),
            Limits = limits,
            Grants = folders.Grants,
            User = _parts.User.Name,
            Request = request,
            StartedAt = _parts.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Token = RandomNumberGenerator.GetHexString(32, lowercase: true),
            SocketPath = Path.Combine(_parts.RuntimeFolder, $"ipc-{id}.sock"),
            EndPath = Path.Combine(_parts.StateRoot, "ends", $"{id}.end"),
            RestoredFrom = restoredFrom,
            Row = row,
        };
        SessionOutput? output = null;
        Session? session = null;
        bool begun = false;
        try
        {
            output = new SessionOutput(new SessionLog(LogPath(id.Value), sessionLimits.LogBytes), sessionLimits, _parts.Time, _parts.Logger);
            using Descriptor channel = UnixSockets.ListenDescriptor(plan.SocketPath, 0x180, backlog: 4);
            using Descriptor end = Files.Open(plan.EndPath, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Append | OpenFlags.NoFollow);
            session = new Session(PartsOf(sessionLimits), plan, output, package.Lease, from);
            lock (Gate)
            {
                RequireOpen(manifest.Id);
                if (_sessions.Count + _launching.Count >= settings.MaximumSessions)
                {
                    throw new ControlException(ControlCode.TooMany, $"launch {manifest.Id}: {settings.MaximumSessions} sessions are live; end one, or raise sessions.maximum");
                }

                _launching.Add(session);
            }

            session.Start(
                _parts.Launcher,
                new RuntimeLaunch
                {
                    App = manifest.Id,
                    Session = id,
                    Token = plan.Token,
                    Module = package.Module,
                    ModulePath = package.ModulePath,
                    Code = code,
                    Interface = plan.Interface,
                    Ready = manifest.Ready,
                    Preopens = folders.Preopens,
                    Grants = [.. manifest.Capabilities.Select(capability => capability.Text)],
                    Environment = EnvironmentOf(request, manifest),
                    Arguments = [.. manifest.Arguments, .. request.Args ?? []],
                    LinearMemory = limits.LinearMemoryBytes,
                    Channel = channel,
                    Output = output.Out,
                    Error = output.Err,
                    Event = output.Event,
                    End = end,
                },
                request.RequestId is { } requestId ? _parts.Record.Answer(requestId, request.AppId, id.Value) : null);
            begun = true;
            return session;
        }
        finally
        {
            if (!begun)
            {
                lock (Gate)
                {
                    if (session is not null)
                    {
                        _launching.Remove(session);
                    }
                }

                output?.Dispose();
                Files.Unlink(plan.SocketPath);
                Files.Unlink(plan.EndPath);
            }
        }
    }

    private SessionParts PartsOf(SessionLimits limits) => new()
    {
        Announcements = _parts.Announcements,
        Record = _parts.Record,
        Compositor = _parts.Compositor,
        Notifications = _parts.Notifications,
        Clipboard = _parts.Clipboard,
        Pages = _parts.Pages,
        Limits = limits,
        Time = _parts.Time,
        Logger = _parts.Logger,
        Owner = this,
    };

    private void RequireOpen(AppId app)
    {
        lock (Gate)
        {
            if (_closed)
            {
                throw new ControlException(ControlCode.Unavailable, $"launch {app}: weft-appd is shutting down; try again when it is back");
            }
        }
    }

    private static void RequireSameApp(string requestId, AppId app, string answered)
    {
        if (answered != app.ToString())
        {
            throw new ControlException(ControlCode.Conflict, $"launch {app}: request_id '{Printable.Quote(requestId)}' was used for {answered} within the last ten minutes; choose another");
        }
    }

    private static Dictionary<string, string> EnvironmentOf(LaunchApp request, Manifest manifest)
    {
        var environment = new Dictionary<string, string>(manifest.Environment.Count + (request.Env?.Count ?? 0), StringComparer.Ordinal);
        foreach ((string name, string value) in manifest.Environment)
        {
            environment[name] = value;
        }

        foreach ((string name, string value) in request.Env ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>A component says what it is in its first eight bytes (version 0d 00, layer 01 00); a module talks as its manifest says.</summary>
    private static string InterfaceOf(RunnablePackage package)
    {
        Span<byte> head = stackalloc byte[8];
        bool isComponent = Files.ReadAt(package.Module, head, 0) == 8 && head[6] == 1;
        return isComponent ? "component" : package.Manifest.Interface == AppInterface.None ? "none" : "jsonrpc";
    }
}
