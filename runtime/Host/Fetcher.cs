using System.Net;
using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Runtime.Host;

/// <summary>Finds the addresses of a name. A second one lives in the tests: names that lead where they must not.</summary>
internal interface IFetchResolver
{
    /// <summary>Blocks; called on a thread that is left behind when time is up.</summary>
    /// <exception cref="NameLookupException">There are none.</exception>
    public IReadOnlyList<IPAddress> Resolve(string host);
}

/// <summary>The system's own.</summary>
internal sealed class SystemResolver : IFetchResolver
{
    /// <inheritdoc/>
    public IReadOnlyList<IPAddress> Resolve(string host) => NameLookup.Resolve(host);
}

/// <summary>
/// HTTP for a guest: only to hosts that are granted, only to addresses that were checked after the name was resolved, no proxy, no
/// redirect followed, nothing unpacked, nothing kept between two fetches. Costs nothing before the first one.
/// </summary>
/// <remarks>Our own small HTTP/1.1 over the system's libssl; docs/decisions says why not HttpClient.</remarks>
internal sealed class Fetcher(IReadOnlyList<Capability> grants, TimeProvider time, IFetchResolver? resolver = null, FetchLimits? limits = null, string? rootsFile = null) : IDisposable
{
    private const int StackSize = 256 << 10;

    private readonly IFetchResolver _resolver = resolver ?? new SystemResolver();
    private readonly FetchLimits _limits = limits ?? new FetchLimits();
    private readonly Lock _gate = new();
    private TlsContext? _tls; // guarded by _gate
    private int _underWay;    // guarded by _gate
    private bool _disposed;   // guarded by _gate

    /// <summary>Called with the grant that a fetch uses, before anything is sent; from any thread.</summary>
    public Action<Capability>? Used { get; init; }

    /// <summary>Fetches, on a thread of its own. Cancelling closes the connection.</summary>
    /// <exception cref="FetchException">It failed, or was refused.</exception>
    public Task<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default)
    {
        FetchTarget target;
        try
        {
            target = FetchTarget.Check(request, grants, _limits);
            Enter();
        }
        catch (FetchException e)
        {
            return Task.FromException<FetchResponse>(e);
        }

        TaskCompletionSource<FetchResponse> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            new Thread(() => Run(target, request.Body, done, cancellationToken), StackSize) { IsBackground = true, Name = "fetch" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // So .NET calls a limit of tasks or memory that leaves no room for a thread.
            Leave();
            return Task.FromException<FetchResponse>(new FetchException(FetchFailure.Busy, "fetch: the session's limits leave no room for another thread: wait for a fetch that is under way"));
        }

        return done.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_underWay == 0)
            {
                _tls?.Dispose();
            }
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_underWay == _limits.AtOnce)
            {
                throw new FetchException(FetchFailure.Busy, $"fetch: {_limits.AtOnce} are under way: wait for one of them");
            }

            _underWay++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_underWay == 0 && _disposed)
            {
                _tls?.Dispose();
            }
        }
    }

    private void Run(FetchTarget target, ReadOnlyMemory<byte>? body, TaskCompletionSource<FetchResponse> done, CancellationToken cancellationToken)
    {
        FetchResponse? response = null;
        Exception? failure = null;
        try
        {
            response = Fetch(target, body, cancellationToken);
        }
        catch (TlsException e)
        {
            failure = new FetchException(e.Untrusted ? FetchFailure.Untrusted : FetchFailure.Unreachable, $"fetch: {e.Message}");
        }
        catch (NameLookupException e)
        {
            failure = new FetchException(FetchFailure.UnknownHost, $"fetch: {e.Message}");
        }
        catch (IOException e)
        {
            failure = new FetchException(FetchFailure.Unreachable, $"fetch: {target.Host}: {e.Message}");
        }
        catch (Exception e)
        {
            // The top of this thread: the guest must hear of it, whatever it is.
            failure = e is FetchException or OperationCanceledException ? e : new FetchException(FetchFailure.Unreachable, $"fetch: {target.Host}: {e.Message}");
        }

        // Before anyone is told, so that the next fetch finds the place free.
        Leave();
        _ = failure switch
        {
            null => done.TrySetResult(response!),
            OperationCanceledException => done.TrySetCanceled(cancellationToken),
            _ => done.TrySetException(failure),
        };
    }

    private FetchResponse Fetch(FetchTarget target, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        using FetchDeadline deadline = new(_limits, time, cancellationToken);
        IReadOnlyList<IPAddress> addresses = target.Address is { } literal ? [literal] : Resolve(target.Host, deadline);
        foreach (IPAddress address in addresses)
        {
            Check(target.Host, address);
        }

        // From here on the name is only a name: what is connected to are the addresses that were looked at.
        Used?.Invoke(target.Grant);
        using FetchConnection connection = FetchConnection.Connect(addresses, target.Port, deadline);
        if (target.IsSecure)
        {
            connection.Secure(Tls(), target);
        }

        deadline.Connecting = false;
        connection.Write(target.Head);
        if (body is { } bytes)
        {
            connection.Write(bytes);
        }

        return new FetchReply(connection.Read, _limits).Read(target.ExpectsBody);
    }

    /// <summary>One forbidden address condemns the name: a server that mixes them hopes for the second connection.</summary>
    private void Check(string host, IPAddress address)
    {
        bool local = false;
        foreach (Capability grant in grants)
        {
            local |= grant.Kind == CapabilityKind.NetFetchLocal;
        }

        if (!FetchAddress.IsAllowed(address, local))
        {
            string? remedy = FetchAddress.IsLocal(address) ? "net:fetch:local" : null;
            string kind = FetchAddress.Describe(FetchAddress.KindOf(address));
            throw new FetchException(FetchFailure.ForbiddenAddress,
                $"fetch: {host} is {address}, a {kind} address{(remedy is null ? ", which is never connected to" : $": that needs capability {remedy} besides")}", remedy);
        }
    }

    private IReadOnlyList<IPAddress> Resolve(string host, FetchDeadline deadline)
    {
        // The system's resolver cannot be cancelled: it gets a thread of its own, which outlives a fetch that gave up.
        IReadOnlyList<IPAddress> addresses = [];
        Exception? failure = null;
        using ManualResetEventSlim resolved = new();
        Thread thread = new(() =>
        {
            try
            {
                addresses = _resolver.Resolve(host);
            }
            catch (Exception e)
            {
                failure = e;
            }

            try
            {
                resolved.Set();
            }
            catch (ObjectDisposedException)
            {
                // Nobody waits any more.
            }
        }, StackSize)
        { IsBackground = true, Name = "resolve" };
        thread.Start();
        if (!resolved.Wait(deadline.Left, deadline.Cancellation))
        {
            throw new FetchException(FetchFailure.TimedOut, $"fetch: {host} did not resolve within {_limits.Connect.TotalSeconds:0.#} s");
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return addresses.Count > 0 ? addresses : throw new NameLookupException(host, "it has no address");
    }

    private TlsContext Tls()
    {
        lock (_gate)
        {
            return _tls ??= TlsContext.ForClient(rootsFile);
        }
    }
}
