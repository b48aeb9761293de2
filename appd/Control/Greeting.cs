using Weft.Appd.Apps;
using Weft.Appd.Notifications;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>Answers HELLO: makes the client itself again, and shows it the state at one instant.</summary>
internal sealed class Greeting(ISessions sessions, IApps apps, NotificationCenter notifications, DaemonFacts facts)
{
    private const int LongestName = 64; // characters of a client's name; ours

    /// <summary>
    /// Takes over what the client says of itself. A resume key it presents is kept, else it gets a new one.
    /// Throws ControlException 400 where the key cannot be one.
    /// </summary>
    public static string Recognise(Requester requester, Hello hello)
    {
        if (hello.ResumeKey is { } presented && !ClientId.IsResumeKey(presented))
        {
            throw new ControlException(ControlCode.Malformed, $"HELLO: resume_key has {ClientId.ResumeKeyLength} hexadecimal digits; leave it out to be a new client");
        }

        string key = hello.ResumeKey ?? ClientId.NewResumeKey();
        requester.Client = ClientId.Of(key);
        if (hello.Client is { Length: > 0 } name)
        {
            requester.Name = new string([.. name.Take(LongestName).Where(c => !char.IsControl(c))]);
        }

        return key;
    }

    /// <summary>The WELCOME of a system or observer client. The caller holds the gate.</summary>
    public Welcome Welcome(Requester requester, string resumeKey, string? credential)
    {
        IReadOnlyList<SessionInfo> live = sessions.Live();
        return new Welcome
        {
            Protocol = Core.Protocol.Welcome.ProtocolVersion,
            Version = facts.Version,
            Instance = facts.Instance,
            ClientId = requester.Client.Value,
            ResumeKey = resumeKey,
            Credential = credential,
            Sessions = Visibility.Sessions(requester.Role, live),
            Apps = apps.Known(),
            Backends =
            [
                new BackendInfo { Id = "host", Label = "This machine", Kind = "host", State = "ready", Mode = "beside", Sessions = (uint)live.Count },
            ],
            Notifications = notifications.All(),
        };
    }

    /// <summary>The WELCOME of a session's page.</summary>
    public Welcome PageWelcome() => new() { Protocol = Core.Protocol.Welcome.ProtocolVersion, Version = facts.Version, Instance = facts.Instance };
}
