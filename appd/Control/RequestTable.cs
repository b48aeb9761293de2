using Weft.Appd.Apps;
using Weft.Appd.Control.Requests;
using Weft.Appd.Notifications;
using Weft.Core.Settings;

namespace Weft.Appd.Control;

/// <summary>What requests are about; composed once in Program.cs.</summary>
internal sealed record ControlServices
{
    public required Announcements Announcements { get; init; }

    public required ISessions Sessions { get; init; }

    public required IApps Apps { get; init; }

    public required NotificationCenter Notifications { get; init; }

    public required SettingsStore Settings { get; init; }

    public required DaemonStatus Status { get; init; }

    public required Greeting Greeting { get; init; }

    public required ITokens Tokens { get; init; }
}

/// <summary>The requests that this version answers.</summary>
internal static class RequestTable
{
    public static IReadOnlyList<RequestHandler> All(ControlServices services) =>
    [
        new HelloRequest(services.Greeting, services.Apps),
        new LaunchAppRequest(services.Sessions),
        new TerminateAppRequest(services.Sessions),
        new QueryRunningRequest(services.Sessions),
        new QueryAppStateRequest(services.Sessions),
        new QuerySessionRequest(services.Sessions),
        new IpcForwardRequest(services.Sessions),
        new AppMessageRequest(services.Sessions),
        new FocusAppRequest(services.Sessions),
        new ReadLogRequest(services.Sessions),
        new PanelGestureRequest(services.Announcements),
        new SubscribeRequest(services.Sessions),
        new UnsubscribeRequest(),
        new QueryInstalledAppsRequest(services.Apps),
        new InstallRequest(services.Apps),
        new UninstallRequest(services.Apps),
        new RollbackRequest(services.Apps),
        new ApproveRequest(services.Apps),
        new QuerySettingsRequest(services.Settings),
        new SetSettingRequest(services.Settings, services.Announcements),
        new DismissRequest(services.Notifications),
        new StatusRequest(services.Status),
        new MintTokenRequest(services.Tokens),
        new RevokeTokensRequest(services.Tokens),
    ];
}
