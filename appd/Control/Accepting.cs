using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Weft.Appd.Control;

/// <summary>Takes connections from a listener, for both doors.</summary>
internal static partial class Accepting
{
    /// <summary>The next connection. Where the process has no descriptor left, those who wait stay in the backlog until one is.</summary>
    public static async ValueTask<Socket> NextAsync(Socket listener, ControlCore core, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                await PauseAsync(core, e.Message, cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted)
            {
                // It left before it was let in.
            }
        }
    }

    /// <summary>Waits for a descriptor: long enough not to spin.</summary>
    public static Task PauseAsync(ControlCore core, string reason, CancellationToken cancellationToken)
    {
        Log.NoDescriptor(core.Logger, reason);
        return Task.Delay(core.Limits.AcceptPause, core.Time, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1420, LogLevel.Warning, "Accepting waits: {Reason}")]
        public static partial void NoDescriptor(ILogger logger, string reason);
    }
}
