using System.Diagnostics.CodeAnalysis;
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
/// <param name="maximumMessages">Messages that may wait.</param>
/// <param name="maximumBytes">Bytes that may wait.</param>
/// <param name="sendNow">Sends what can be sent without waiting and returns how much that was; null: everything goes through the loop.</param>
internal sealed class Outbox(int maximumMessages, long maximumBytes, Outbox.SendNow? sendNow = null)
{
    private readonly Channel<ReadOnlyMemory<byte>> _queue =
        Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Lock _gate = new(); // one at a time puts in, so that what is sent at once keeps its place
    private int _messages; // written under _gate but for Taken; 0 only when nothing is queued or being written
    private long _bytes;
    private bool _closed; // guarded by _gate

    public delegate int SendNow(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes that wait now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that wait now.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>True when so much waits that reading further requests of this client should pause: a quarter of the bound.</summary>
    public bool IsBusy => Messages > maximumMessages / 4 || Bytes > maximumBytes / 4;

    /// <summary>False when the bound is reached or the outbox is closed; the caller then drops the client.</summary>
    public bool TryPut(ReadOnlyMemory<byte> bytes)
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
            long before = Interlocked.Add(ref _bytes, bytes.Length) - bytes.Length;
            int count = Interlocked.Increment(ref _messages);
            if (count > maximumMessages || (before > 0 && before + bytes.Length > maximumBytes) || !_queue.Writer.TryWrite(bytes))
            {
                Taken(bytes.Length);
                return false;
            }

            return true;
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
    public bool TryTake([MaybeNullWhen(false)] out ReadOnlyMemory<byte> bytes) => _queue.Reader.TryRead(out bytes);

    /// <summary>Gives back the room of <paramref name="messages"/> messages of <paramref name="length"/> bytes together, all of them written.</summary>
    public void Taken(int length, int messages = 1)
    {
        // The count last: where it is 0 the next message may be sent past the loop.
        Interlocked.Add(ref _bytes, -length);
        Interlocked.Add(ref _messages, -messages);
    }
}
