namespace Weft.Appd;

/// <summary>
/// Gives memory back once nothing has happened for a while: the collector by itself keeps what the busiest minute took, since it only works
/// when something is allocated, and an idle daemon allocates nothing. Busy, it costs a clock reading for each message; idle, nothing.
/// </summary>
internal sealed class IdleMemory : IDisposable
{
    /// <summary>Ours: longer than a person who starts one app after another waits in between, so that no launch meets a collection.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly Action _collect;
    private readonly ITimer _timer;
    private long _last;
    private int _armed;

    public IdleMemory(TimeProvider time, Action? collect = null)
    {
        _time = time;
        _collect = collect ?? Collect;
        _timer = time.CreateTimer(static memory => ((IdleMemory)memory!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something happened. From any thread, also under locks.</summary>
    public void Touch()
    {
        Interlocked.Exchange(ref _last, _time.GetTimestamp());
        if (Volatile.Read(ref _armed) == 0 && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        // Disarmed before looking: whoever touches from here on arms it, or is seen below.
        Interlocked.Exchange(ref _armed, 0);
        TimeSpan left = Quiet - _time.GetElapsedTime(Volatile.Read(ref _last));
        if (left <= TimeSpan.Zero)
        {
            _collect();
        }
        else if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private static void Collect()
    {
        // Twice: what has a finalizer (sockets, descriptors) is free only after it ran, and with it all that it holds on to.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
