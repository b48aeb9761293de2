using Weft.Core.Apps;
using Weft.Core.Channel;
using Weft.Runtime.Session;

namespace Weft.Runtime.Host;

/// <summary>One of the two: what came back, or why nothing did.</summary>
internal readonly record struct FetchOutcome(FetchResponse? Reply, HostError? Error);

/// <summary>Fetches of one session: their machinery is made when the first one comes, so that an app without any carries no HTTP.</summary>
internal sealed class Fetching(CapabilitySet grants, AppChannel channel, CancellationToken cancellationToken)
{
    /// <summary>
    /// Most bytes of a body that goes to a component: each byte takes 32 while it crosses the border (the C API knows no other form),
    /// so the full 16 MiB would take half a gigabyte of the session's memory.
    /// </summary>
    private const int MaximumComponentBody = 4 << 20;

    private readonly Lock _gate = new();
    private Fetcher? _fetcher; // guarded by _gate

    /// <summary>True where replies go to a component. Set before the guest runs.</summary>
    public bool ForComponent { get; set; }

    /// <summary>Begins a fetch; <paramref name="done"/> is called once, on another thread or on this one.</summary>
    public void Begin(FetchRequest request, Action<FetchOutcome> done) =>
        _ = ThenAsync(Made().FetchAsync(request, cancellationToken), done);

    /// <summary>Fetches and waits; comes back when the session is to end.</summary>
    public FetchOutcome Fetch(FetchRequest request) => OutcomeAsync(Made().FetchAsync(request, cancellationToken)).GetAwaiter().GetResult();

    private static async Task ThenAsync(Task<FetchResponse> fetch, Action<FetchOutcome> done) => done(await OutcomeAsync(fetch));

    private static async Task<FetchOutcome> OutcomeAsync(Task<FetchResponse> fetch)
    {
        try
        {
            return new FetchOutcome(await fetch, null);
        }
        catch (FetchException e)
        {
            return new FetchOutcome(null, e.Failure switch
            {
                FetchFailure.NotGranted => HostError.Ungranted(e.Capability ?? "net:fetch:<host>", e.Message),
                FetchFailure.ForbiddenAddress when e.Capability is { } capability => HostError.Ungranted(capability, e.Message),
                FetchFailure.Invalid => new HostError(HostError.InvalidParameters, e.Message),
                FetchFailure.Busy => new HostError(HostError.QueueFull, e.Message),
                _ => new HostError(HostError.FetchFailed, e.Message),
            });
        }
        catch (OperationCanceledException)
        {
            return new FetchOutcome(null, new HostError(HostError.Unavailable, "fetch: the session ends"));
        }
    }

    private Fetcher Made()
    {
        lock (_gate)
        {
            return _fetcher ??= new Fetcher(grants, TimeProvider.System, limits: ForComponent ? new FetchLimits { Body = MaximumComponentBody } : null)
            {
                Used = grant => channel.Send(new Used { Grant = grant.Text }),
            };
        }
    }
}
