using System.Text;
using Weft.Core.Apps;
using Weft.Core.Channel;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

internal sealed partial class Session : ITalkListener
{
    private readonly SessionChannel _channel;
    private readonly Dictionary<string, ulong> _used = new(StringComparer.Ordinal); // guarded by the gate
    private bool _isForeign;

    /// <summary>Hands one text to the guest; completes when its runtime has it.</summary>
    public async Task ForwardAsync(string payload, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(payload) > IpcForward.LargestPayload)
        {
            throw new ControlException(ControlCode.TooLarge, $"send to session {Id}: a payload has at most {IpcForward.LargestPayload} bytes of UTF-8");
        }

        SessionState state;
        lock (Gate)
        {
            state = _state;
        }

        if (state != SessionState.Running)
        {
            throw new ControlException(ControlCode.Conflict, $"send to session {Id}: it is {state.Wire()}, not running");
        }

        if (_isForeign || !_plan.HasMessages)
        {
            throw new ControlException(ControlCode.Conflict, $"send to session {Id}: {_plan.App} has no channel ({(_isForeign ? "its runtime is a foreign one" : "interface none")})");
        }

        LinkOutcome outcome;
        try
        {
            outcome = await _channel.SendAsync(new Message { Payload = payload }).WaitAsync(cancellationToken);
        }
        catch (ChannelOverflowException e)
        {
            throw new ControlException(ControlCode.TooMany, $"send to session {Id}: {e.Message}", e);
        }

        switch (outcome)
        {
            case LinkOutcome.Refused:
                throw new ControlException(ControlCode.TooMany, $"send to session {Id}: the guest's queue is full; send again when it has read");
            case LinkOutcome.Ended:
                throw new ControlException(ControlCode.Conflict, $"send to session {Id}: it ended before the guest had the message");
        }
    }

    public bool OnMessage(string payload)
    {
        lock (Gate)
        {
            if (_state != SessionState.Stopped)
            {
                Publish(new IpcMessage { SessionId = Id, Payload = payload });
            }
        }

        return true;
    }

    public string? OnNotify(Notify notification)
    {
        if (!Holds(CapabilityKind.Notifications))
        {
            return "sys:notifications is not granted";
        }

        Count("sys:notifications");
        _parts.Notifications.Post(Id, notification.Title, notification.Body, notification.Icon);
        return null;
    }

    public Reply OnClipboardRead(ClipboardRead request)
    {
        if (!Holds(CapabilityKind.ClipboardRead))
        {
            return new Reply { Id = request.Id, Error = "sys:clipboard:read is not granted" };
        }

        Count("sys:clipboard:read");
        return new Reply { Id = request.Id, Text = _parts.Clipboard.Read() };
    }

    public string? OnClipboardWrite(ClipboardWrite request)
    {
        if (!Holds(CapabilityKind.ClipboardWrite))
        {
            return "sys:clipboard:write is not granted";
        }

        Count("sys:clipboard:write");
        try
        {
            _parts.Clipboard.Write(request.Text);
            return null;
        }
        catch (ControlException e)
        {
            return e.Message;
        }
    }

    public void OnUsed(string grant) => Count(grant);

    private bool Holds(CapabilityKind kind) => _plan.Manifest.Capabilities.Any(capability => capability.Kind == kind);

    /// <summary>Counts the use of a grant that the session has; a runtime cannot make this table grow.</summary>
    private void Count(string grant)
    {
        lock (Gate)
        {
            foreach (Grant one in _plan.Grants)
            {
                if (one.Name == grant)
                {
                    _used[grant] = _used.GetValueOrDefault(grant) + 1;
                    return;
                }
            }
        }
    }
}
