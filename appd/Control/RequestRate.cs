namespace Weft.Appd.Control;

/// <summary>
/// How fast one client may ask: a bucket that holds a burst and is filled at the sustained rate. For the connection's reading loop alone.
/// </summary>
internal sealed class RequestRate(ControlLimits limits, TimeProvider time)
{
    private double _room = limits.RequestBurst; // requests
    private long _filled = time.GetTimestamp();

    /// <summary>False where one more request would be too many; the connection then reads nothing for <see cref="ControlLimits.RatePause"/>.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        _room = Math.Min(limits.RequestBurst, _room + (time.GetElapsedTime(_filled, now).TotalSeconds * limits.RequestsPerSecond));
        _filled = now;
        if (_room < 1)
        {
            return false;
        }

        _room--;
        return true;
    }
}
