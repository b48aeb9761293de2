using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Requests whose fields are wrong, and those that name what is not there.</summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedRequestTests(SharedDaemon shared)
{
    /// <summary>Request × fields × code.</summary>
    public static TheoryData<string, string, int> Requests => new()
    {
        { "LAUNCH_APP", "{}", 400 },
        { "LAUNCH_APP", """{"app_id": 7}""", 400 },
        { "LAUNCH_APP", """{"app_id": ""}""", 400 },
        { "LAUNCH_APP", """{"app_id": "../../etc"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.Example.Upper"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.nosuch"}""", 404 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "args": "no list"}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "args": [1]}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "env": ["no map"]}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "surface_id": -1}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"memory": "900G"}}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"memory": "lots"}}""", 400 },
        { "LAUNCH_APP", """{"app_id": "com.example.counter", "limits": {"cpu": "-5%"}}""", 400 },
        { "TERMINATE_APP", "{}", 400 },
        { "TERMINATE_APP", """{"session_id": "one"}""", 400 },
        { "TERMINATE_APP", """{"session_id": -1}""", 400 },
        { "TERMINATE_APP", """{"session_id": 1.5}""", 400 },
        { "TERMINATE_APP", """{"session_id": 9007199254740993}""", 400 },
        { "TERMINATE_APP", """{"session_id": 9007199254740991}""", 404 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991, "payload": "x"}""", 404 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991}""", 400 },
        { "IPC_FORWARD", """{"session_id": 9007199254740991, "payload": {"a": 1}}""", 400 },
        { "QUERY_SESSION", """{"session_id": 9007199254740991}""", 404 },
        { "READ_LOG", """{"session_id": 9007199254740991}""", 404 },
        { "FOCUS_APP", """{"session_id": 9007199254740991}""", 404 },
        { "INSTALL", "{}", 400 },
        { "INSTALL", """{"ref": ""}""", 400 },
        { "INSTALL", """{"ref": "/nowhere/at/all"}""", 404 },
        { "INSTALL", """{"ref": "relative/path"}""", 400 },
        { "UNINSTALL", """{"app_id": "com.example.nosuch"}""", 404 },
        { "ROLLBACK", """{"app_id": "com.example.nosuch"}""", 404 },
        { "APPROVE", """{"app_id": "com.example.nosuch"}""", 404 },
        { "SET_SETTING", """{"key": "no.such.key", "value": 1}""", 404 },
        { "SET_SETTING", """{"key": "sessions.grace", "value": "soon"}""", 400 },
        { "SET_SETTING", """{"key": "sessions.grace", "value": 1e9}""", 400 },
        { "CONSOLE_OPEN", """{"session_id": 1}""", 400 },
        { "PREPARE_UPGRADE", "{}", 400 },
        { "HELLO", """{"role": "root"}""", 400 },
        { "SUBSCRIBE", """{"events": "all"}""", 400 },
    };

    [SkippableTheory]
    [MemberData(nameof(Requests))]
    public async Task A_bad_request_gets_its_code_and_a_message_that_says_why(string type, string fields, int code)
    {
        Daemon daemon = await shared.GetAsync();
        await daemon.InstallAsync("com.example.counter");
        await using ControlPeer peer = await daemon.ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        JsonObject reply = await peer.AskAsync(type, JsonNode.Parse(fields)!.AsObject());
        Malformed.InTime($"{type} {fields}", began);
        Assert.True((string?)reply["type"] == "ERROR" && (int?)reply["code"] == code, $"{type} {fields} was answered {reply.ToJsonString()}, not {code}");
        Assert.NotEmpty((string?)reply["message"] ?? "");
    }
}
