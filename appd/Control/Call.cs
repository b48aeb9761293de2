using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>One request in work: who asked, and the way to tell how far it is.</summary>
internal sealed class Call(Requester requester, Subscriber subscriber, Action<Progress> tell)
{
    public Requester Requester => requester;

    /// <summary>The connection as the gate knows it; use under the gate.</summary>
    public Subscriber Subscriber => subscriber;

    /// <summary>Tells how far long work is.</summary>
    public void Progress(ulong done, ulong total, string what) => tell(new Progress { Done = done, Total = total, What = what });
}
