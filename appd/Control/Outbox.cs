using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Weft.Appd.Control;

/// <summary>
/// What waits for one client to be written: ready bytes, shared with other clients where they are a broadcast.
/// Many may put in; one write loop takes out. Full means that the client does not read: it is dropped, never skipped.
/// </summary>
internal sealed class Outbox(int maximumMessages, long maximumBytes)
{
    private readonly Channel<ReadOnlyMemory<byte>> _queue =
        Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true });

    private int _messages;
    private long _bytes;

    /// <summary>Bytes that wait now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that wait now.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>True when so much waits that reading further requests of this client should pause: a quarter of the bound.</summary>
    public bool IsBusy => Messages > maximumMessages / 4 || Bytes > maximumBytes / 4;

    /// <summary>False when the bound is reached or the outbox is closed; the caller then drops the client.</summary>
    public bool TryPut(ReadOnlyMemory<byte> bytes)
    {
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

    /// <summary>No more goes in; what is there may still be taken.</summary>
    public void Close() => _queue.Writer.TryComplete();

    /// <summary>Waits for something to take; false once closed and empty.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _queue.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the oldest. The write loop calls <see cref="Taken"/> when it is written.</summary>
    public bool TryTake([MaybeNullWhen(false)] out ReadOnlyMemory<byte> bytes) => _queue.Reader.TryRead(out bytes);

    /// <summary>Gives back the room of one written message of <paramref name="length"/> bytes.</summary>
    public void Taken(int length)
    {
        Interlocked.Add(ref _bytes, -length);
        Interlocked.Decrement(ref _messages);
    }
}
