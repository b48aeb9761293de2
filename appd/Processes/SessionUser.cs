using Weft.Appd.State;
using Weft.Core.Protocol;
using Weft.Core.Settings;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>
/// Who the processes of sessions run as: as root the user of <c>session_user</c>, to whom each child changes itself before it does anything else
/// (a thread of appd's that did it for the child could be killed by that user, and appd with it); else whoever runs the daemon.
/// </summary>
/// <param name="Account">The user to change to; null: the daemon's own.</param>
/// <param name="IsRoot">Sessions run as root, as <c>--allow-root</c> lets them.</param>
internal sealed record SessionUser(UserAccount? Account, bool IsRoot)
{
    private const string Choices = "start weft-appd as the kiosk's own user, or say --allow-root if sessions may run as root";

    /// <summary>The daemon's own user, who is not root.</summary>
    public static SessionUser Own { get; } = new(null, false);

    /// <summary>What a weft-runtime is told first; nothing where it stays who it is.</summary>
    public IReadOnlyList<string> Arguments { get; } = Account is null ? [] : ["--user", $"{Account.Uid}:{string.Join(',', Account.Groups)}"];

    /// <summary>For receipts; null where it is who runs the daemon and not root.</summary>
    public string? Name => Account?.Name ?? (IsRoot ? "root" : null);

    /// <exception cref="StartRefusedException">78: sessions would run as root and nobody said that they may, or the user cannot be taken.</exception>
    public static SessionUser Choose(WeftSettings settings, bool allowRoot)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return Own;
        }

        if (settings.SessionUser is not { } name)
        {
            return allowRoot
                ? new SessionUser(null, true)
                : throw Refused($"start as root: sessions would run as root too; set session_user in /etc/weft/appd.toml to the user they are to run as, {Choices}");
        }

        UserAccount account = Users.Find(name) ?? throw Refused($"session_user '{name}': there is no such user; make it (useradd --system --create-home {name}), or name another");
        if (account.Uid == 0 && allowRoot)
        {
            return new SessionUser(null, true);
        }

        return account.Uid == 0 || account.Groups.Contains(0u)
            ? throw Refused($"session_user '{name}': it is {(account.Uid == 0 ? "root" : "in root's group (gid 0)")}; name a user without root's rights, {Choices}")
            : new SessionUser(account, false);
    }

    /// <summary>What STATUS says of it; nothing where it is who runs the daemon and not root.</summary>
    public IEnumerable<StatusPart> Parts()
    {
        if (Account is not null)
        {
            yield return new StatusPart { Part = "session user", State = PartState.Present, Detail = $"sessions run as {Account.Name} (uid {Account.Uid})" };
        }
        else if (IsRoot)
        {
            yield return new StatusPart
            {
                Part = "session user",
                State = PartState.Degraded,
                Detail = "sessions run as root",
                Remedy = "set session_user in /etc/weft/appd.toml and start weft-appd again, or start it as the kiosk's own user",
            };
        }
    }

    private static StartRefusedException Refused(string message) => new(StartRefusedException.Misconfigured, message);
}
