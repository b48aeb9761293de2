using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>One session, and a connection that sees all that is said about it. Disposing ends it by force where it still runs.</summary>
internal sealed class RunningApp(Daemon daemon, ControlPeer peer, ulong id) : IAsyncDisposable
{
    private bool _ended;

    public ulong Id => id;

    public ControlPeer Peer => peer;

    /// <summary>Installs where needed, launches, and waits for <c>APP_READY</c>.</summary>
    public static async Task<RunningApp> LaunchAsync(Daemon daemon, string appId, JsonObject? more = null)
    {
        RunningApp app = await BeginAsync(daemon, appId, more);
        JsonObject first = await app.Peer.NextAsync($"APP_READY or the end of {appId}", m => (ulong?)m["session_id"] == app.Id && m["re"] is null
            && ((string?)m["type"] == "APP_READY" || (string?)m["state"] == "stopped"));
        Assert.True((string?)first["type"] == "APP_READY", $"{appId} ended instead of becoming ready: {first.ToJsonString()}\n{daemon.Log}");
        return app;
    }

    /// <summary>Installs where needed, and launches.</summary>
    public static async Task<RunningApp> BeginAsync(Daemon daemon, string appId, JsonObject? more = null)
    {
        if (appId.Contains(".component", StringComparison.Ordinal))
        {
            Daemon.NeedLibrary();
        }

        await daemon.InstallAsync(appId);
        ControlPeer peer = await daemon.SubscribeAsync();
        JsonObject request = more?.DeepClone().AsObject() ?? [];
        request["app_id"] = appId;
        JsonObject ack = await peer.ExpectAsync("LAUNCH_ACK", "LAUNCH_APP", request);
        return new RunningApp(daemon, peer, (ulong)ack["session_id"]!);
    }

    /// <summary>Says something, which the runtime has when this returns.</summary>
    public Task SayAsync(string text) => peer.ExpectAsync("APP_STATE", "IPC_FORWARD", new JsonObject { ["session_id"] = id, ["payload"] = text });

    /// <summary>What the guest sends next.</summary>
    public async Task<string> HearAsync(TimeSpan? patience = null) => (string)(await peer.NextAsync("IPC_MESSAGE", id, patience))["payload"]!;

    public async Task<string> AskAsync(string text)
    {
        await SayAsync(text);
        return await HearAsync();
    }

    public Task<JsonObject> TerminateAsync(bool force = false) => peer.ExpectAsync("APP_STATE", "TERMINATE_APP", new JsonObject { ["session_id"] = id, ["force"] = force });

    /// <summary>The end, when it comes.</summary>
    public async Task<JsonObject> EndAsync(TimeSpan? patience = null)
    {
        JsonObject end = await peer.EndAsync(id, patience);
        _ended = true;
        return end;
    }

    /// <summary>The process of the runtime, while it runs.</summary>
    public async Task<ProcessFacts> RuntimeAsync()
    {
        JsonObject session = await peer.ExpectAsync("SESSION", "QUERY_SESSION", new JsonObject { ["session_id"] = id });
        return ProcessTable.Read((int)session["pid"]!) ?? throw new Xunit.Sdk.XunitException($"no process {session["pid"]}");
    }

    /// <summary>All lines of the session's log so far.</summary>
    public async Task<IReadOnlyList<string>> LogAsync() =>
        [.. (await peer.ExpectAsync("LOG", "READ_LOG", new JsonObject { ["session_id"] = id, ["lines"] = 1000 }))["entries"]!.AsArray().Select(entry => (string)entry!["text"]!)];

    /// <summary>Waits until the log has such a line.</summary>
    public async Task<string> LogLineAsync(Func<string, bool> fits)
    {
        DateTime until = DateTime.UtcNow + ControlPeer.Patience;
        while (true)
        {
            IReadOnlyList<string> lines = await LogAsync();
            if (lines.FirstOrDefault(fits) is { } line)
            {
                return line;
            }

            Assert.True(DateTime.UtcNow < until, $"the log never had that line, but\n{string.Join('\n', lines.TakeLast(20))}");
            await Task.Delay(20); // the log is asked for, it does not announce itself
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended && !daemon.HasExited)
        {
            try
            {
                await peer.AskAsync("TERMINATE_APP", new JsonObject { ["session_id"] = id, ["force"] = true });
                await EndAsync();
            }
            catch (Xunit.Sdk.XunitException)
            {
                // It had ended and its end was taken already.
            }
        }

        await peer.DisposeAsync();
    }
}
