using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>What a role may see (docs/protocol.md, roles).</summary>
internal static class Visibility
{
    /// <summary>False for broadcasts that the role must not hear.</summary>
    public static bool MaySee(ClientRole role, ControlMessage message) => role switch
    {
        ClientRole.System => true,
        ClientRole.Observer => message is not IpcMessage,
        _ => false,
    };

    /// <summary>Session facts as the role may see them: an observer never learns a page's address, which is a secret.</summary>
    public static IReadOnlyList<SessionInfo> Sessions(ClientRole role, IReadOnlyList<SessionInfo> sessions) =>
        role == ClientRole.System ? sessions : [.. sessions.Select(session => session with { UiUrl = null })];

    /// <summary>The same for all that is known of one session.</summary>
    public static SessionDetails Details(ClientRole role, SessionDetails session) =>
        role == ClientRole.System ? session : session with { UiUrl = null };
}
