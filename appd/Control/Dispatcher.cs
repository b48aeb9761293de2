using Microsoft.Extensions.Logging;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>Finds the handler of a request, checks the role, and turns whatever happens into an answer.</summary>
internal sealed partial class Dispatcher
{
    private readonly Dictionary<Type, RequestHandler> _handlers = [];
    private readonly ILogger<Dispatcher> _logger;

    public Dispatcher(IEnumerable<RequestHandler> handlers, ILogger<Dispatcher> logger)
    {
        _logger = logger;
        foreach (RequestHandler handler in handlers)
        {
            _handlers.Add(handler.Request, handler);
        }
    }

    /// <summary>The handler of a request that this role may make; throws ControlException 400 or 403.</summary>
    public RequestHandler Find(ControlRequest request, ClientRole role)
    {
        if (!_handlers.TryGetValue(request.GetType(), out RequestHandler? handler))
        {
            throw new ControlException(400, $"{ControlCodec.TypeOf(request)} is not a request: send one of the requests of docs/protocol.md");
        }

        if (!handler.Allows(role))
        {
            throw new ControlException(403, $"{ControlCodec.TypeOf(request)} needs the role {handler.Needs.Wire()}, this connection has {role.Wire()}");
        }

        return handler;
    }

    /// <summary>Runs a handler; never throws.</summary>
    public async ValueTask<Reply> AnswerAsync(RequestHandler handler, ControlRequest request, Call call, CancellationToken cancellationToken)
    {
        try
        {
            return await handler.HandleAsync(request, call, cancellationToken);
        }
        catch (ControlException refused)
        {
            return refused.ToReply();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new ErrorReply { Code = 503, Message = $"{ControlCodec.TypeOf(request)}: the daemon is shutting down; try again when it is back" };
        }
#pragma warning disable CA1031 // The top of the request loop: whatever a handler throws is an answer, never the end of the daemon.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.Failed(_logger, ControlCodec.TypeOf(request), failure);
            return new ErrorReply { Code = 500, Message = $"{ControlCodec.TypeOf(request)} failed: {failure.Message}" };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1400, LogLevel.Error, "Request {Type} failed")]
        public static partial void Failed(ILogger logger, string type, Exception failure);
    }
}
