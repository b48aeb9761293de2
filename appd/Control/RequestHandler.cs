using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>Answers one type of request; one file each in <c>Requests/</c>.</summary>
internal abstract class RequestHandler
{
    /// <summary>The message type answered here.</summary>
    public abstract Type Request { get; }

    /// <summary>The least role that may ask.</summary>
    public virtual ClientRole Needs => ClientRole.System;

    /// <summary>A page may send its messages and nothing else; system may all that an observer may.</summary>
    public bool Allows(ClientRole role) => role == Needs || (role == ClientRole.System && Needs == ClientRole.Observer);

    /// <summary>True for work that may take seconds: its reply may be overtaken, and it sends progress.</summary>
    public virtual bool IsLong => false;

    /// <summary>
    /// Answers. The part before the first wait runs before the connection's next request is read. Throws ControlException
    /// to refuse; any other exception is answered 500. The token ends with the daemon, not with the connection.
    /// </summary>
    public abstract ValueTask<Reply> HandleAsync(ControlRequest request, Call call, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal abstract class RequestHandler<TRequest> : RequestHandler
    where TRequest : ControlRequest
{
    public sealed override Type Request => typeof(TRequest);

    public sealed override ValueTask<Reply> HandleAsync(ControlRequest request, Call call, CancellationToken cancellationToken) =>
        HandleAsync((TRequest)request, call, cancellationToken);

    protected abstract ValueTask<Reply> HandleAsync(TRequest request, Call call, CancellationToken cancellationToken);
}
