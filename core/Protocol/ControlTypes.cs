using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weft.Core.Protocol;

/// <summary>One message type: its wire name, its JSON shape and, where it is also read as an array, the fields in their order.</summary>
internal sealed class ControlType(string name, Type record, JsonTypeInfo json, IReadOnlyList<string>? arrayFields = null)
{
    private readonly string[] _required = [.. json.Properties.Where(property => property.IsRequired).Select(property => property.Name)];
    private readonly byte[] _utf8Name = Encoding.UTF8.GetBytes(name);

    public string Name { get; } = name;

    public ReadOnlySpan<byte> Utf8Name => _utf8Name;

    public Type Record { get; } = record;

    public JsonTypeInfo Json { get; } = json;

    public IReadOnlyList<string>? ArrayFields { get; } = arrayFields;

    /// <exception cref="JsonException">A field that must be there is missing, or nil.</exception>
    public void CheckRequired(HashSet<string> fields)
    {
        foreach (string field in _required)
        {
            if (!fields.Contains(field))
            {
                throw new JsonException(field + " is missing");
            }
        }
    }
}

/// <summary>All message types of this version (docs/protocol.md, "Messages"). Requests and replies have a table each: STATUS and APP_MESSAGE are in both.</summary>
internal static class ControlTypes
{
    private static readonly ControlJson Json = ControlJson.Default;

    public static readonly FrozenDictionary<string, ControlType> Requests = Table(
        Of("HELLO", Json.Hello),
        Of("LAUNCH_APP", Json.LaunchApp, "app_id", "surface_id", "args", "env", "limits", "backend", "console", "request_id"),
        Of("TERMINATE_APP", Json.TerminateApp, "session_id", "force", "epoch"),
        new ControlType("QUERY_RUNNING", typeof(QueryRunning), Json.QueryRunning, []),
        Of("QUERY_APP_STATE", Json.QueryAppState, "session_id"),
        new ControlType("QUERY_INSTALLED_APPS", typeof(QueryInstalledApps), Json.QueryInstalledApps, []),
        Of("QUERY_SESSION", Json.QuerySession),
        Of("IPC_FORWARD", Json.IpcForward, "session_id", "payload", "epoch"),
        Of("PANEL_GESTURE", Json.PanelGesture, "gesture_type", "fingers", "dx", "dy"),
        Of("FOCUS_APP", Json.FocusApp),
        Of("SUBSCRIBE", Json.Subscribe),
        Of("UNSUBSCRIBE", Json.Unsubscribe),
        Of("READ_LOG", Json.ReadLog),
        Of("INSTALL", Json.Install),
        Of("UNINSTALL", Json.Uninstall),
        Of("ROLLBACK", Json.Rollback),
        Of("APPROVE", Json.Approve),
        Of("QUERY_SETTINGS", Json.QuerySettings),
        Of("SET_SETTING", Json.SetSetting),
        Of("MINT_TOKEN", Json.MintToken),
        Of("REVOKE_TOKENS", Json.RevokeTokens),
        Of("DISMISS", Json.Dismiss),
        Of("STATUS", Json.Status),
        Of("APP_MESSAGE", Json.AppMessage));

    public static readonly FrozenDictionary<string, ControlType> Replies = Table(
        Of("ERROR", Json.ErrorReply),
        Of("OK", Json.Ok),
        Of("WELCOME", Json.Welcome),
        Of("SUBSCRIBED", Json.Subscribed),
        Of("LAUNCH_ACK", Json.LaunchAck),
        Of("RUNNING_APPS", Json.RunningApps),
        Of("APP_STATE", Json.AppState),
        Of("APP_READY", Json.AppReady),
        Of("INSTALLED_APPS", Json.InstalledApps),
        Of("SESSION", Json.SessionDetails),
        Of("IPC_MESSAGE", Json.IpcMessage),
        Of("NAVIGATION_GESTURE", Json.NavigationGesture),
        Of("LOG", Json.Log),
        Of("PROGRESS", Json.Progress),
        Of("APPS_CHANGED", Json.AppsChanged),
        Of("SETTINGS", Json.Settings),
        Of("TOKEN", Json.TokenReply),
        Of("STATUS", Json.StatusReply),
        Of("NOTIFICATION", Json.Notification),
        Of("APP_MESSAGE", Json.PageMessage),
        Of("CLOSING", Json.Closing));

    public static readonly FrozenDictionary<Type, ControlType> ByRecord =
        Requests.Values.Concat(Replies.Values).ToFrozenDictionary(type => type.Record);

    /// <summary>Requests that the protocol names and this version does not have yet: answered 400 "not in this version".</summary>
    public static readonly FrozenSet<string> Later = new[]
    {
        "ATTACH", "TAKE_OVER", "RELEASE", "CONSOLE_OPEN", "CONSOLE_INPUT", "CONSOLE_RESIZE", "CONSOLE_CLOSE", "CHOOSE_FILE", "REVOKE", "GRANT",
        "QUERY_BACKENDS", "SET_BACKEND", "QUERY_RUNTIME", "CHECK_UPDATE", "ROLLBACK_RUNTIME", "QUERY_RESTORE", "CLEAR_RESTORE",
        "PREPARE_UPGRADE", "PING", "PONG",
    }.ToFrozenSet();

    private static ControlType Of<T>(string name, JsonTypeInfo<T> json, params string[] arrayFields) =>
        new(name, typeof(T), json, arrayFields.Length == 0 ? null : arrayFields);

    private static FrozenDictionary<string, ControlType> Table(params ControlType[] types) => types.ToFrozenDictionary(type => type.Name);
}
