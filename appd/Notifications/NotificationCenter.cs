using System.Text;
using Weft.Appd.Control;
using Weft.Core.Protocol;

namespace Weft.Appd.Notifications;

/// <summary>What apps and the system have told the person at the kiosk and that was not dismissed. Bounded: the oldest goes first.</summary>
internal sealed class NotificationCenter(Announcements announcements)
{
    /// <summary>Notifications kept. Ours: more than a person scrolls through.</summary>
    public const int Kept = 100;

    /// <summary>Of these of one session, so that one app cannot push the others' out. Ours.</summary>
    public const int KeptOfOneSession = 20;

    private const int LongestTitle = 200; // characters; ours
    private const int LongestBody = 2000; // characters; ours
    private const int LongestIcon = 200; // characters of a name or path in the package; ours

    private readonly List<Notification> _notifications = []; // guarded by Announcements.Gate
    private ulong _last; // guarded by Announcements.Gate

    /// <summary>Shows a notification and tells all clients; its number. Text that is too long is cut, not refused.</summary>
    public ulong Post(SessionId? session, string title, string body, string? icon)
    {
        lock (announcements.Gate)
        {
            var notification = new Notification
            {
                NotificationId = ++_last,
                SessionId = session,
                Title = Cut(title, LongestTitle),
                Body = Cut(body, LongestBody),
                Icon = icon is null || icon.Length > LongestIcon ? null : icon,
            };
            if (session is not null && _notifications.Count(other => other.SessionId == session) >= KeptOfOneSession)
            {
                Remove(_notifications.FindIndex(other => other.SessionId == session));
            }
            else if (_notifications.Count >= Kept)
            {
                Remove(0);
            }

            _notifications.Add(notification);
            announcements.Publish(notification);
            return notification.NotificationId;
        }
    }

    /// <summary>Takes one away and tells all clients; false where there is none of that number.</summary>
    public bool Dismiss(ulong id)
    {
        lock (announcements.Gate)
        {
            int at = _notifications.FindIndex(notification => notification.NotificationId == id);
            if (at >= 0)
            {
                Remove(at);
            }

            return at >= 0;
        }
    }

    /// <summary>All, oldest first. The caller holds the gate.</summary>
    public IReadOnlyList<Notification> All() => [.. _notifications];

    // Who was shown it in a cut, or heard it, is told that it is gone, whatever took it away.
    private void Remove(int at)
    {
        ulong id = _notifications[at].NotificationId;
        _notifications.RemoveAt(at);
        announcements.Publish(new NotificationDismissed { NotificationId = id });
    }

    private static string Cut(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        // Not in the middle of a surrogate pair.
        int length = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return new StringBuilder(length + 1).Append(text, 0, length).Append('…').ToString();
    }
}
