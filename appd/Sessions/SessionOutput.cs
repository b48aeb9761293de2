using System.Buffers;
using Microsoft.Extensions.Logging;
using Weft.Core.Output;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>
/// A session's output: two rings that its runtime writes, and the log that appd writes from them. Quiet, it costs nothing:
/// one edge of the eventfd wakes it. Busy, it is looked at ten times a second and else left alone; what was overwritten
/// meanwhile is marked in the log with its size. The eventfd is never read (the other side could make that block).
/// </summary>
internal sealed partial class SessionOutput : IDisposable
{
    /// <summary>Bytes of one read.</summary>
    private const int Chunk = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly SessionLog _log;
    private readonly SessionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventDescriptor _event = EventDescriptor.Create();
    private readonly Stream _out;
    private readonly Stream _err;
    private IDisposable? _registration; // guarded by _gate, as below
    private ITimer? _timer;
    private bool _busy; // the timer runs, the eventfd is not watched
    private bool _failing; // the log could not be written; said once
    private bool _disposed;

    public SessionOutput(SessionLog log, SessionLimits limits, TimeProvider time, ILogger logger)
    {
        _log = log;
        _limits = limits;
        _time = time;
        _logger = logger;
        _out = new Stream("out");
        _err = new Stream("err");
        lock (_gate)
        {
            Watch();
        }
    }

    /// <summary>Descriptors for the runtime; they stay this object's.</summary>
    public Descriptor Out => _out.File;

    public Descriptor Err => _err.File;

    public Descriptor Event => _event.Descriptor;

    /// <summary>Brings the log up to date, unfinished lines included, and hands it out.</summary>
    public SessionLog Flush()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                Drain(_out, whole: false);
                Drain(_err, whole: false);
            }
        }

        return _log;
    }

    /// <summary>Output of a foreign program's pipe.</summary>
    public void TakeForeign(ReadOnlySpan<byte> bytes, bool error)
    {
        lock (_gate)
        {
            Stream stream = error ? _err : _out;
            stream.Add(bytes);
            Write(stream, whole: true);
        }
    }

    /// <summary>The session has ended: the rest goes into the log.</summary>
    public void Finish() => Flush();

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
            _out.File.Dispose();
            _err.File.Dispose();
            _event.Dispose();
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void Watch() =>
        _registration = Poller.Shared.Register(_event.Descriptor, PollEvents.Readable, edgeTriggered: true, OnEvent);

    /// <summary>On the poller's thread. The first look after <see cref="Watch"/> comes always, since the eventfd stays readable.</summary>
    private void OnEvent()
    {
        lock (_gate)
        {
            if (_disposed || _busy || !(HasNew(_out) || HasNew(_err)))
            {
                return;
            }

            // From here the timer looks; what is written meanwhile wakes nobody.
            _busy = true;
            _registration?.Dispose();
            _registration = null;
            if (_timer is null)
            {
                _timer = _time.CreateTimer(static output => ((SessionOutput)output!).OnTimer(), this, _limits.OutputPause, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(_limits.OutputPause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            bool more = Drain(_out, whole: true) | Drain(_err, whole: true);
            if (more)
            {
                _timer!.Change(_limits.OutputPause, Timeout.InfiniteTimeSpan);
                return;
            }

            _busy = false;
            Watch();
        }
    }

    private bool HasNew(Stream stream)
    {
        try
        {
            return !stream.Broken && stream.Reader.End() != stream.Reader.Position;
        }
        catch (OutputRingException e)
        {
            Break(stream, e);
            return false;
        }
    }

    /// <summary>Takes what the ring holds, at most once around; true when there was something. <paramref name="whole"/> leaves an unfinished line for later.</summary>
    private bool Drain(Stream stream, bool whole)
    {
        bool any = false;
        if (!stream.Broken)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(Chunk);
            try
            {
                for (int taken = 0; taken < OutputRing.DefaultSize;)
                {
                    OutputPiece piece = stream.Reader.Read(buffer.AsSpan(0, Chunk));
                    stream.Lost += piece.Gap;
                    if (piece.Length == 0)
                    {
                        break;
                    }

                    any = true;
                    taken += piece.Length;
                    MarkGap(stream);
                    stream.Add(buffer.AsSpan(0, piece.Length));
                    Write(stream, whole: true);
                }
            }
            catch (OutputRingException e)
            {
                Break(stream, e);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        if (!whole)
        {
            MarkGap(stream);
            Write(stream, whole: false);
        }

        return any;
    }

    private void MarkGap(Stream stream)
    {
        if (stream.Lost > 0)
        {
            // What stood before the gap is a line of its own.
            Write(stream, whole: false);
            Append("weft", System.Text.Encoding.ASCII.GetBytes(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"[gap: {stream.Lost} bytes of {stream.Name} were written faster than the log could take them]\n")));
            stream.Lost = 0;
        }
    }

    private void Write(Stream stream, bool whole)
    {
        ReadOnlySpan<byte> held = stream.Held;
        int lines = held.LastIndexOf((byte)'\n') + 1;
        int end = whole && held.Length - lines < Stream.LongestHeld ? lines : held.Length;
        if (end > 0)
        {
            Append(stream.Name, held[..end]);
            stream.Drop(end);
        }
    }

    private void Append(string stream, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _log.Append(_time.GetUtcNow().ToUnixTimeMilliseconds(), stream, bytes);
            _failing = false;
        }
        catch (IOException e)
        {
            if (!_failing)
            {
                _failing = true;
                Log.NotWritten(_logger, e.Message);
            }
        }
    }

    private void Break(Stream stream, OutputRingException e)
    {
        stream.Broken = true;
        Log.Broken(_logger, stream.Name, e.Message);
    }

    /// <summary>One of the two: its ring, and the unfinished line that was taken from it.</summary>
    private sealed class Stream
    {
        /// <summary>Bytes of an unfinished line that are held back; a longer one is written in pieces.</summary>
        public const int LongestHeld = 8 * 1024;

        private byte[] _held = [];
        private int _length;

        public Stream(string name)
        {
            Name = name;
            File = OutputRing.Create($"weft-{name}");
            Reader = new OutputRingReader(File);
        }

        public string Name { get; }

        public Descriptor File { get; }

        public OutputRingReader Reader { get; }

        /// <summary>Bytes that were overwritten and are not marked in the log yet.</summary>
        public ulong Lost { get; set; }

        /// <summary>Its writer broke the format; nothing it says can be believed.</summary>
        public bool Broken { get; set; }

        public ReadOnlySpan<byte> Held => _held.AsSpan(0, _length);

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (_length + bytes.Length > _held.Length)
            {
                Array.Resize(ref _held, _length + bytes.Length);
            }

            bytes.CopyTo(_held.AsSpan(_length));
            _length += bytes.Length;
        }

        public void Drop(int count)
        {
            _length -= count;
            byte[] rest = _held.AsSpan(count, _length).ToArray();
            _held = rest; // after a flood nothing of its buffer stays with the session
        }
    }

    // Event ids 1320 to 1329 belong to output.
    private static partial class Log
    {
        [LoggerMessage(1320, LogLevel.Warning, "A session's log could not be written: {Problem}")]
        public static partial void NotWritten(ILogger logger, string problem);

        [LoggerMessage(1321, LogLevel.Warning, "A session's {Stream} is not read any more: {Problem}")]
        public static partial void Broken(ILogger logger, string stream, string problem);
    }
}
