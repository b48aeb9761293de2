using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One request in work: who asked, and the ways to answer before the handler returns.</summary>
internal sealed class Call(Requester requester, Subscriber subscriber, Action<ControlMessage> acknowledge, Action<ControlMessage> aside)
{
    public Requester Requester => requester;

    /// <summary>The connection as the gate knows it; use under the gate.</summary>
    public Subscriber Subscriber => subscriber;

    /// <summary>Answers now; what the handler returns later is not sent any more.</summary>
    public void Acknowledge(ControlMessage message) => acknowledge(message);

    /// <summary>Tells how far long work is.</summary>
    public void Progress(ulong done, ulong total, string what) => aside(new Progress { Done = done, Total = total, What = what });
}
