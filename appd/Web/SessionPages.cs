using Weft.Appd.Control;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Core.Store;

namespace Weft.Appd.Web;

/// <summary>What sessions tell about their pages. Every call is made under <see cref="Announcements.Gate"/>.</summary>
internal interface ISessionPages
{
    /// <summary>A session began. Does nothing where the app has no page; else keeps a duplicate of the lease until <see cref="Close"/>.</summary>
    public void Open(SessionId session, Manifest manifest, PackageLease lease);

    /// <summary>The session is gone.</summary>
    public void Close(SessionId session);

    /// <summary>Address of the session's page; null where it has none, or nobody serves it.</summary>
    public string? UrlOf(SessionId session);
}

/// <summary>The page of one session.</summary>
/// <param name="Entry">Path in the package of what <c>/</c> shows.</param>
internal sealed record SessionPage(SessionId Session, string Label, string BridgeToken, string Entry, PackageLease Lease)
{
    /// <summary>What came from the guest while no page was connected; guarded by the gate.</summary>
    public Queue<PageMessage> Waiting { get; } = new();

    /// <summary>UTF-16 units of that; guarded by the gate.</summary>
    public int WaitingText { get; set; }
}

/// <summary>
/// The pages of live sessions. Label and bridge token are derived from a key of the state root and the session's number, so a page keeps
/// its origin, its storage and its token over a restart of the daemon, and no record holds them.
/// </summary>
internal sealed class SessionPages(SecretKey key, WebLimits limits, Announcements announcements, Func<int?> port) : ISessionPages
{
    private readonly Dictionary<SessionId, SessionPage> _bySession = []; // guarded by the gate
    private readonly Dictionary<string, SessionPage> _byLabel = []; // guarded by the gate

    public void Open(SessionId session, Manifest manifest, PackageLease lease)
    {
        if (manifest.UiEntry is { } entry)
        {
            var page = new SessionPage(session, key.Derive($"label {session}"), key.Derive($"bridge {session}"), entry, lease.Duplicate());
            _bySession.Add(session, page);
            _byLabel.Add(page.Label, page);
        }
    }

    public void Close(SessionId session)
    {
        if (_bySession.Remove(session, out SessionPage? page))
        {
            _byLabel.Remove(page.Label);
            page.Lease.Dispose();
        }
    }

    public string? UrlOf(SessionId session) =>
        _bySession.TryGetValue(session, out SessionPage? page) && port() is { } open ? $"{new Origins(open).Page(page.Label)}/" : null;

    /// <summary>The page of a label, with a lease of the caller's own; null where no live session has it.</summary>
    public SessionPage? Borrow(string label)
    {
        lock (announcements.Gate)
        {
            return _byLabel.TryGetValue(label, out SessionPage? page) ? page with { Lease = page.Lease.Duplicate() } : null;
        }
    }

    /// <summary>Whether a live session has that label.</summary>
    public bool Knows(string label)
    {
        lock (announcements.Gate)
        {
            return _byLabel.ContainsKey(label);
        }
    }

    /// <summary>Whether the token is that session's, from that session's origin. The caller holds the gate.</summary>
    public bool Admits(SessionId session, string token, string label) =>
        _bySession.TryGetValue(session, out SessionPage? page) && SecretKey.Same(token, page.BridgeToken) && page.Label == label;

    /// <summary>Keeps a guest's message for the page that is about to connect. The caller holds the gate. False where too much waits.</summary>
    public bool Keep(SessionId session, PageMessage message)
    {
        if (!_bySession.TryGetValue(session, out SessionPage? page))
        {
            return true;
        }

        if (page.Waiting.Count >= limits.WaitingMessages || page.WaitingText + message.Payload.Length > limits.WaitingText)
        {
            return false;
        }

        page.Waiting.Enqueue(message);
        page.WaitingText += message.Payload.Length;
        return true;
    }

    /// <summary>Takes what waited for the page. The caller holds the gate.</summary>
    public IReadOnlyList<PageMessage> TakeWaiting(SessionId session)
    {
        if (!_bySession.TryGetValue(session, out SessionPage? page))
        {
            return [];
        }

        PageMessage[] waiting = [.. page.Waiting];
        page.Waiting.Clear();
        page.WaitingText = 0;
        return waiting;
    }
}
