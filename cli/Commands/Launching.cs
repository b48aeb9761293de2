using Weft.Cli.Output;
using Weft.Core.Protocol;

namespace Weft.Cli.Commands;

/// <summary>Launches a session and waits until it runs or has ended.</summary>
internal static class Launching
{
    private static readonly string[] Events = ["APP_READY", "APP_STATE"];

    /// <summary>The session, which runs.</summary>
    /// <exception cref="CliException">It ended before; with the reason.</exception>
    public static async Task<SessionId> RunAsync(ControlClient client, LaunchApp request, CancellationToken cancellationToken)
    {
        // Subscribed first: nothing of the session can be missed then.
        await client.RequestAsync<Subscribed>(new Subscribe { Events = Events }, cancellationToken);
        LaunchAck launched = await client.RequestAsync<LaunchAck>(request, cancellationToken);
        if (launched.Existing == true)
        {
            return launched.SessionId;
        }

        while (true)
        {
            ReceivedReply received = await client.ReadEventAsync(cancellationToken);
            if (received.Reply is AppState state && state.SessionId == launched.SessionId)
            {
                if (state.State == SessionState.Running)
                {
                    return launched.SessionId;
                }

                if (state.State == SessionState.Stopped)
                {
                    return Ended(request.AppId, launched.SessionId, state.End);
                }
            }
        }
    }

    private static SessionId Ended(string app, SessionId session, SessionEnd? end) => throw CliException.Failed(
        $"launch {app}: session {session} ended before it ran: {(end is null ? "nobody says why" : Show.End(end))}; see weft logs {session}");
}
