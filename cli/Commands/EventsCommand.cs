using System.CommandLine;
using System.Text;
using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary><c>weft events</c>: broadcasts as they come, after the sessions at the moment of subscribing.</summary>
internal static class EventsCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var types = new Option<string[]>("--type") { Description = "Only this type, such as APP_STATE; may be repeated", HelpName = "TYPE" };
        var asJson = new Option<bool>("--json") { Description = "Print one JSON object a line; the first is SUBSCRIBED" };
        var command = new Command("events", "Show what happens, as it happens, until Ctrl-C") { types, asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool json = parsed.GetValue(asJson);
            await using ControlClient client = await surroundings.ConnectAsync(cancellationToken);
            var request = new Subscribe { Events = parsed.GetValue(types) is { Length: > 0 } given ? given : null };
            (Subscribed subscribed, ReadOnlyMemory<byte> cut) = await client.AskAsync<Subscribed>(request, null, cancellationToken);
            Write(surroundings, json ? null : $"SUBSCRIBED, {subscribed.Sessions.Count} sessions", cut);
            while (true)
            {
                ReceivedReply received = await client.ReadEventAsync(cancellationToken);
                Write(surroundings, json ? null : $"{received.Type} {Describe(received)}", received.Json);
            }
        });
        return command;
    }

    private static void Write(Surroundings surroundings, string? text, ReadOnlyMemory<byte> json)
    {
        surroundings.Out.WriteLine(text is null ? Encoding.UTF8.GetString(json.Span) : $"{Show.Time(surroundings.Time.GetUtcNow().ToUnixTimeMilliseconds())} {Show.Line(text)}");
        surroundings.Out.Flush();
    }

    private static string Describe(ReceivedReply received) => received.Reply switch
    {
        LaunchAck launch => $"{launch.SessionId} {launch.AppId}",
        AppReady ready => $"{ready.SessionId} {ready.AppId}",
        AppState { End: { } end } state => $"{state.SessionId} {state.State.Wire()}, {Show.End(end)}",
        AppState state => $"{state.SessionId} {state.State.Wire()}",
        IpcMessage message => $"{message.SessionId} {message.Payload}",
        AppsChanged apps => $"{apps.AppId} {apps.Version ?? "gone"}",
        Notification notification => $"{notification.SessionId?.ToString() ?? "system"} {notification.Title}: {notification.Body}",
        _ => Encoding.UTF8.GetString(received.Json.Span),
    };
}
