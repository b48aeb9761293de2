using Microsoft.Extensions.Logging;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.State;

/// <summary>
/// Gives out session ids: rising, never reused, below 2^53. A block is reserved on disk before its first id is given, so
/// that a crash skips some and repeats none. Where the file is lost it goes on from the Unix time in seconds.
/// </summary>
internal sealed class SessionCounter
{
    public const string FileName = "session-counter.json";

    /// <summary>Ids a reservation covers; half a block before the end the next one is asked for.</summary>
    private const ulong Block = 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private ulong _next; // guarded by _gate
    private ulong _reserved; // guarded by _gate; on disk

    private SessionCounter(string path, ulong next)
    {
        _path = path;
        _next = next;
        _reserved = next;
    }

    /// <summary>Reads the counter and reserves the first block.</summary>
    /// <param name="above">The highest id known from elsewhere (records): ids go on above it in any case.</param>
    public static SessionCounter Open(string stateRoot, ulong above, TimeProvider time, ILogger logger)
    {
        string path = Path.Combine(stateRoot, FileName);
        CounterRecord? record = RecordFile.ReadOrSetAside(path, StateJson.Default.CounterRecord, time, logger);
        ulong next = record?.Reserved ?? (ulong)time.GetUtcNow().ToUnixTimeSeconds();
        var counter = new SessionCounter(path, Math.Max(Math.Max(next, above + 1), 1));
        counter.Reserve();
        return counter;
    }

    /// <summary>The next id. Touches the disk only when reserving ahead has failed so far.</summary>
    /// <exception cref="LinuxException">The block is used up and no other could be reserved.</exception>
    public SessionId Next()
    {
        lock (_gate)
        {
            if (_next >= _reserved)
            {
                ReserveBlock();
            }

            return new SessionId(_next++);
        }
    }

    /// <summary>True when it is time to <see cref="Reserve"/>.</summary>
    public bool IsRunningOut
    {
        get
        {
            lock (_gate)
            {
                return _reserved - _next < Block / 2;
            }
        }
    }

    /// <summary>Reserves another block on disk.</summary>
    public void Reserve()
    {
        lock (_gate)
        {
            ReserveBlock();
        }
    }

    private void ReserveBlock()
    {
        ulong reserved = Math.Min(_next + Block, SessionId.MaxValue);
        if (reserved <= _next)
        {
            throw new InvalidOperationException($"number a session: the counter in {_path} has reached its end, 2^53");
        }

        Files.WriteAtomically(_path, RecordFile.Write(new CounterRecord { Reserved = reserved }, StateJson.Default.CounterRecord));
        _reserved = reserved;
    }
}
