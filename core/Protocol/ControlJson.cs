using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weft.Core.Protocol;

/// <summary>The JSON shape of all control messages and of the records inside them; MessagePack is transcoded to and from it.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(UInt64Converter), typeof(UInt32Converter), typeof(Int64Converter), typeof(Int32Converter),
        typeof(BooleanConverter), typeof(TextConverter), typeof(DoubleConverter), typeof(AnyValueConverter),
    ])]
[JsonSerializable(typeof(LaunchApp))]
[JsonSerializable(typeof(TerminateApp))]
[JsonSerializable(typeof(QueryRunning))]
[JsonSerializable(typeof(QueryAppState))]
[JsonSerializable(typeof(QueryInstalledApps))]
[JsonSerializable(typeof(QuerySession))]
[JsonSerializable(typeof(IpcForward))]
[JsonSerializable(typeof(PanelGesture))]
[JsonSerializable(typeof(FocusApp))]
[JsonSerializable(typeof(ReadLog))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Subscribe))]
[JsonSerializable(typeof(Unsubscribe))]
[JsonSerializable(typeof(MintToken))]
[JsonSerializable(typeof(RevokeTokens))]
[JsonSerializable(typeof(AppMessage))]
[JsonSerializable(typeof(Dismiss))]
[JsonSerializable(typeof(Install))]
[JsonSerializable(typeof(Uninstall))]
[JsonSerializable(typeof(Rollback))]
[JsonSerializable(typeof(Approve))]
[JsonSerializable(typeof(Status))]
[JsonSerializable(typeof(QuerySettings))]
[JsonSerializable(typeof(SetSetting))]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(Ok))]
[JsonSerializable(typeof(LaunchAck))]
[JsonSerializable(typeof(RunningApps))]
[JsonSerializable(typeof(AppState))]
[JsonSerializable(typeof(AppReady))]
[JsonSerializable(typeof(SessionDetails))]
[JsonSerializable(typeof(SessionInfo))]
[JsonSerializable(typeof(SessionEnd))]
[JsonSerializable(typeof(IpcMessage))]
[JsonSerializable(typeof(NavigationGesture))]
[JsonSerializable(typeof(Log))]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(Subscribed))]
[JsonSerializable(typeof(TokenReply))]
[JsonSerializable(typeof(PageMessage))]
[JsonSerializable(typeof(Closing))]
[JsonSerializable(typeof(Notification))]
[JsonSerializable(typeof(NotificationDismissed))]
[JsonSerializable(typeof(InstalledApps))]
[JsonSerializable(typeof(AppInfo))]
[JsonSerializable(typeof(Progress))]
[JsonSerializable(typeof(AppsChanged))]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(Settings))]
public sealed partial class ControlJson : JsonSerializerContext;
