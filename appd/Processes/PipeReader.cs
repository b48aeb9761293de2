using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>
/// Reads a child's pipe on the poller's thread. The first reads come at once, so that nothing waits for READY; a child that
/// goes on writing is read at most ten times a second, so that a flood costs nothing and the child waits instead.
/// </summary>
internal sealed class PipeReader : IDisposable
{
    /// <summary>Bytes of one read: what a pipe holds.</summary>
    private const int Chunk = 64 * 1024;

    /// <summary>Reads without a pause after them; a runtime needs one.</summary>
    private const int FreeReads = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    [ThreadStatic]
    private static byte[]? _threadBuffer;

    private readonly Lock _gate = new();
    private readonly Descriptor _pipe;
    private readonly TimeProvider _time;
    private readonly Received _received;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDisposable? _registration; // guarded by _gate, as all below
    private ITimer? _timer;
    private int _reads;
    private bool _disposed;

    /// <param name="pipe">The reading end; taken over.</param>
    /// <param name="received">Gets what came, on the poller's thread; empty at the end of the pipe.</param>
    /// <param name="time">The clock of the pauses.</param>
    public PipeReader(Descriptor pipe, Received received, TimeProvider time)
    {
        _pipe = pipe;
        _received = received;
        _time = time;
        Files.SetNonBlocking(pipe, true);
        Arm();
    }

    public delegate void Received(ReadOnlySpan<byte> bytes);

    /// <summary>Completes when the pipe was read to its end, or nobody reads it any more.</summary>
    public Task Ended => _ended.Task;

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _registration?.Dispose();
            _timer?.Dispose();
            _pipe.Dispose();
        }

        _ended.TrySetResult();
    }

    private void Arm()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _registration = Poller.Shared.RegisterOnce(_pipe, PollEvents.Readable, OnReadable);
            }
        }
    }

    private void OnReadable()
    {
        byte[] buffer = _threadBuffer ??= new byte[Chunk];
        int count;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _registration?.Dispose();
            _registration = null;
            try
            {
                count = Files.Read(_pipe, buffer);
            }
            catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
            {
                count = -1;
            }
        }

        if (count >= 0)
        {
            _received(buffer.AsSpan(0, count));
        }

        if (count == 0)
        {
            Dispose();
            return;
        }

        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (++_reads <= FreeReads)
            {
                Arm();
                return;
            }

            if (_timer is null)
            {
                _timer = _time.CreateTimer(static reader => ((PipeReader)reader!).Arm(), this, Pause, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(Pause, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
