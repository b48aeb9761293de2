using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weft.Core.Protocol;

/// <summary>
/// One message type: its wire name, its JSON shape and, where it is also read as an array, the fields in their order. The shape is made
/// when it is first needed: a command that sends one request does not pay for forty types.
/// </summary>
internal sealed class ControlType(string name, Type record, Func<JsonTypeInfo> json, IReadOnlyList<string>? arrayFields = null)
{
    private readonly byte[] _utf8Name = Encoding.UTF8.GetBytes(name);
    private string[]? _required;

    public string Name { get; } = name;

    public ReadOnlySpan<byte> Utf8Name => _utf8Name;

    public Type Record { get; } = record;

    public JsonTypeInfo Json => field ??= json();

    public IReadOnlyList<string>? ArrayFields { get; } = arrayFields;

    /// <exception cref="JsonException">A field that must be there is missing, or nil.</exception>
    public void CheckRequired(HashSet<string> fields)
    {
        _required ??= [.. Json.Properties.Where(property => property.IsRequired).Select(property => property.Name)];
        foreach (string required in _required)
        {
            if (!fields.Contains(required))
            {
                throw new JsonException(required + " is missing");
            }
        }
    }
}

/// <summary>All message types of this version (docs/protocol.md, "Messages"). Requests and replies have a table each: STATUS and APP_MESSAGE are in both.</summary>
internal static class ControlTypes
{
    private static readonly ControlJson Json = ControlJson.Default;

    public static readonly FrozenDictionary<string, ControlType> Requests = Table(
        Of("HELLO", static () => Json.Hello),
        Of("LAUNCH_APP", static () => Json.LaunchApp, "app_id", "surface_id", "args", "env", "limits", "backend", "console", "request_id"),
        Of("TERMINATE_APP", static () => Json.TerminateApp, "session_id", "force", "epoch"),
        new ControlType("QUERY_RUNNING", typeof(QueryRunning), static () => Json.QueryRunning, []),
        Of("QUERY_APP_STATE", static () => Json.QueryAppState, "session_id"),
        new ControlType("QUERY_INSTALLED_APPS", typeof(QueryInstalledApps), static () => Json.QueryInstalledApps, []),
        Of("QUERY_SESSION", static () => Json.QuerySession),
        Of("IPC_FORWARD", static () => Json.IpcForward, "session_id", "payload", "epoch"),
        Of("PANEL_GESTURE", static () => Json.PanelGesture, "gesture_type", "fingers", "dx", "dy"),
        Of("FOCUS_APP", static () => Json.FocusApp),
        Of("SUBSCRIBE", static () => Json.Subscribe),
        Of("UNSUBSCRIBE", static () => Json.Unsubscribe),
        Of("READ_LOG", static () => Json.ReadLog),
        Of("INSTALL", static () => Json.Install),
        Of("UNINSTALL", static () => Json.Uninstall),
        Of("ROLLBACK", static () => Json.Rollback),
        Of("APPROVE", static () => Json.Approve),
        Of("QUERY_SETTINGS", static () => Json.QuerySettings),
        Of("SET_SETTING", static () => Json.SetSetting),
        Of("MINT_TOKEN", static () => Json.MintToken),
        Of("REVOKE_TOKENS", static () => Json.RevokeTokens),
        Of("DISMISS", static () => Json.Dismiss),
        Of("STATUS", static () => Json.Status),
        Of("APP_MESSAGE", static () => Json.AppMessage));

    public static readonly FrozenDictionary<string, ControlType> Replies = Table(
        Of("ERROR", static () => Json.ErrorReply),
        Of("OK", static () => Json.Ok),
        Of("WELCOME", static () => Json.Welcome),
        Of("SUBSCRIBED", static () => Json.Subscribed),
        Of("LAUNCH_ACK", static () => Json.LaunchAck),
        Of("RUNNING_APPS", static () => Json.RunningApps),
        Of("APP_STATE", static () => Json.AppState),
        Of("APP_READY", static () => Json.AppReady),
        Of("INSTALLED_APPS", static () => Json.InstalledApps),
        Of("SESSION", static () => Json.SessionDetails),
        Of("IPC_MESSAGE", static () => Json.IpcMessage),
        Of("NAVIGATION_GESTURE", static () => Json.NavigationGesture),
        Of("LOG", static () => Json.Log),
        Of("PROGRESS", static () => Json.Progress),
        Of("APPS_CHANGED", static () => Json.AppsChanged),
        Of("SETTINGS", static () => Json.Settings),
        Of("TOKEN", static () => Json.TokenReply),
        Of("STATUS", static () => Json.StatusReply),
        Of("NOTIFICATION", static () => Json.Notification),
        Of("NOTIFICATION_DISMISSED", static () => Json.NotificationDismissed),
        Of("APP_MESSAGE", static () => Json.PageMessage),
        Of("CLOSING", static () => Json.Closing));

    public static readonly FrozenDictionary<Type, ControlType> ByRecord =
        Requests.Values.Concat(Replies.Values).ToFrozenDictionary(type => type.Record);

    /// <summary>Requests that the protocol names and this version does not have yet: answered 400 "not in this version".</summary>
    public static readonly FrozenSet<string> Later = new[]
    {
        "ATTACH", "TAKE_OVER", "RELEASE", "CONSOLE_OPEN", "CONSOLE_INPUT", "CONSOLE_RESIZE", "CONSOLE_CLOSE", "CHOOSE_FILE", "REVOKE", "GRANT",
        "QUERY_BACKENDS", "SET_BACKEND", "QUERY_RUNTIME", "CHECK_UPDATE", "ROLLBACK_RUNTIME", "QUERY_RESTORE", "CLEAR_RESTORE",
        "PREPARE_UPGRADE", "PING", "PONG",
    }.ToFrozenSet();

    private static ControlType Of<T>(string name, Func<JsonTypeInfo<T>> json, params string[] arrayFields) =>
        new(name, typeof(T), json, arrayFields.Length == 0 ? null : arrayFields);

    private static FrozenDictionary<string, ControlType> Table(params ControlType[] types) => types.ToFrozenDictionary(type => type.Name);
}
