using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Weft.Appd.Control;

namespace Weft.Appd.Web;

/// <summary>
/// Accepts for Kestrel on sockets that are bound already. Its own transport asks again at once where no descriptor is left, and takes a
/// whole processor for that.
/// </summary>
internal sealed class LoopbackTransport(LoopbackPort port, ControlCore core, ILoggerFactory loggers) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(port.Sockets.Single(socket => endpoint.Equals(socket.LocalEndPoint)), endpoint, core, loggers));

    private sealed class Listener(Socket socket, EndPoint endpoint, ControlCore core, ILoggerFactory loggers) : IConnectionListener
    {
        private readonly SocketConnectionContextFactory _connections = new(new SocketConnectionFactoryOptions(), loggers.CreateLogger<LoopbackTransport>());
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                Socket accepted = await Accepting.NextAsync(socket, core, _unbound.Token);
                accepted.NoDelay = true;
                return _connections.Create(accepted);
            }
            catch (OperationCanceledException)
            {
                return null; // Kestrel's word for: no more
            }
        }

        /// <summary>No more is accepted. The socket stays open: who bound the port closes it.</summary>
        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync();

        public ValueTask DisposeAsync()
        {
            _connections.Dispose();
            _unbound.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
