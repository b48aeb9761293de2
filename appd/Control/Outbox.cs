using System.Threading.Channels;

namespace Weft.Appd.Control;

/// <summary>
/// What waits for one client to be written: ready bytes, shared with other clients where they are a broadcast.
/// Many may put in; one write loop takes out. Full means that the client does not read: it is dropped, never skipped.
/// </summary>
/// <remarks>
/// While nothing waits, whoever puts a message in sends it at once as far as the kernel takes it: a client that reads costs no
/// queue and no other thread. There is still one writer at a time: as long as something is counted as waiting, the loop alone
/// writes, and it counts a message until the last byte of it is written.
/// </remarks>
/// <param name="limits">How much may wait.</param>
/// <param name="sendNow">Sends what can be sent without waiting and returns how much that was; null: everything goes through the loop.</param>
internal sealed class Outbox(ControlLimits limits, Outbox.SendNow? sendNow = null)
{
    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Lock _gate = new(); // one at a time puts in, so that what is sent at once keeps its place
    private int _messages; // written under _gate but for Taken; 0 only when nothing is queued or being written
    private long _bytes;
    private long _broadcastBytes; // of what the loop has not taken; written under _gate but for TryTake
    private bool _closed; // guarded by _gate

    public delegate int SendNow(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes that wait now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that wait now.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>True when so much waits that reading further requests of this client should pause: a quarter of the bound.</summary>
    public bool IsBusy => Messages > limits.QueuedMessages / 4 || Bytes > limits.QueuedBytes / 4;

    /// <summary>False when a bound is reached or the outbox is closed; the caller then drops the client.</summary>
    /// <param name="isReply">The client asked for it. Broadcasts have a bound of their own: who stops reading is to cost little, and who waits for a large reply is not dropped.</param>
    public bool TryPut(ReadOnlyMemory<byte> bytes, bool isReply)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (sendNow is not null && Messages == 0)
            {
                bytes = bytes[sendNow(bytes.Span)..];
                if (bytes.IsEmpty)
                {
                    return true;
                }
            }

            // One message larger than the bound may still go into an empty box, or nothing large could ever be answered.
            bool full = isReply
                ? Bytes + bytes.Length > limits.QueuedBytes
                : Volatile.Read(ref _broadcastBytes) + bytes.Length > limits.QueuedBroadcastBytes;
            if (Messages >= limits.QueuedMessages || (Messages > 0 && full))
            {
                return false;
            }

            Interlocked.Increment(ref _messages);
            Interlocked.Add(ref _bytes, bytes.Length);
            if (!isReply)
            {
                Interlocked.Add(ref _broadcastBytes, bytes.Length);
            }

            return _queue.Writer.TryWrite(new Waiting(bytes, isReply));
        }
    }

    /// <summary>No more goes in; what is there may still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _queue.Writer.TryComplete();
        }
    }

    /// <summary>Waits for something to take; false once closed and empty.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _queue.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the oldest. The write loop calls <see cref="Taken"/> when it is written.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        bool taken = _queue.Reader.TryRead(out Waiting next);
        bytes = next.Bytes;
        if (taken && !next.IsReply)
        {
            Interlocked.Add(ref _broadcastBytes, -bytes.Length);
        }

        return taken;
    }

    /// <summary>Gives back the room of <paramref name="messages"/> messages of <paramref name="length"/> bytes together, all of them written.</summary>
    public void Taken(int length, int messages = 1)
    {
        // The count last: where it is 0 the next message may be sent past the loop.
        Interlocked.Add(ref _bytes, -length);
        Interlocked.Add(ref _messages, -messages);
    }

    private readonly record struct Waiting(ReadOnlyMemory<byte> Bytes, bool IsReply);
}
