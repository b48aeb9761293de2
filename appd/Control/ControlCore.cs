using Microsoft.Extensions.Logging;

namespace Weft.Appd.Control;

/// <summary>What every connection needs, whatever door it came through.</summary>
internal sealed class ControlCore(Announcements announcements, Dispatcher dispatcher, ControlLimits limits, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    public Announcements Announcements => announcements;

    public Dispatcher Dispatcher => dispatcher;

    public ControlLimits Limits => limits;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Cancelled when the daemon stops serving.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Ends all connections; new ones are refused.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
