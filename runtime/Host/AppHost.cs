using System.Text;
using Weft.Core.Apps;
using Weft.Core.Channel;
using Weft.Runtime.Session;

namespace Weft.Runtime.Host;

/// <summary>What the host does for an app, whatever interface asks: grants are looked at here, on every call.</summary>
internal sealed class AppHost(CapabilitySet grants, AppChannel channel, ReadyLine ready, Fetching fetching)
{
    /// <summary>Most bytes of a message, either way, and of the clipboard.</summary>
    public const int MaximumPayload = 65_536;

    private ulong _notifications;

    /// <summary>The app says that it is up.</summary>
    public void Ready()
    {
        if (ready.Say())
        {
            channel.SendReady();
        }
    }

    /// <summary>Sends to the app's page.</summary>
    public HostError? Send(string payload)
    {
        if (TooLong(payload) is { } error)
        {
            return error;
        }

        return channel.Send(new Ipc { Payload = payload });
    }

    /// <summary>Shows a notification; done once it is on its way.</summary>
    public HostError? Notify(string title, string body, string? icon)
    {
        if (Missing(CapabilityKind.Notifications, "sys:notifications") is { } missing)
        {
            return missing;
        }

        return TooLong(title) ?? TooLong(body) ?? TooLong(icon ?? "")
            ?? channel.Send(new Notify { Id = Interlocked.Increment(ref _notifications), Title = title, Body = body, Icon = icon });
    }

    /// <summary>Asks for the clipboard; <paramref name="done"/> is called once, maybe on another thread.</summary>
    public void ReadClipboard(Action<string?, HostError?> done)
    {
        if (Missing(CapabilityKind.ClipboardRead, "sys:clipboard:read") is { } missing)
        {
            done(null, missing);
            return;
        }

        channel.Ask(static id => new ClipboardRead { Id = id }, done);
    }

    /// <summary>Sets the clipboard; <paramref name="done"/> is called once, maybe on another thread.</summary>
    public void WriteClipboard(string text, Action<string?, HostError?> done)
    {
        if ((Missing(CapabilityKind.ClipboardWrite, "sys:clipboard:write") ?? TooLong(text)) is { } error)
        {
            done(null, error);
            return;
        }

        channel.Ask(id => new ClipboardWrite { Id = id, Text = text }, done);
    }

    /// <summary>Begins a fetch; <paramref name="done"/> is called once, maybe on another thread.</summary>
    public void BeginFetch(FetchRequest request, Action<FetchOutcome> done) => fetching.Begin(request, done);

    /// <summary>Fetches and waits.</summary>
    public FetchOutcome Fetch(FetchRequest request) => fetching.Fetch(request);

    /// <summary>What every call of the file interface answers for now.</summary>
    public HostError Files() => Missing(CapabilityKind.PortalFiles, "portal:files") ?? new HostError(HostError.MethodNotFound, "files: not in this version");

    private HostError? Missing(CapabilityKind kind, string capability) => grants.Has(kind) ? null : HostError.Ungranted(capability);

    private static HostError? TooLong(string text) =>
        text.Length > MaximumPayload || Encoding.UTF8.GetByteCount(text) > MaximumPayload
            ? new HostError(HostError.InvalidParameters, $"text has more than {MaximumPayload} bytes")
            : null;
}
