using Weft.Linux;

namespace Weft.Runtime.Guest;

/// <summary>
/// The pipe that a guest of interface jsonrpc reads: lines in order, whole or not at all. Messages that do not fit are refused; replies always
/// fit, and a guest that asks for more than it reads is not listened to until it has read.
/// </summary>
internal sealed class GuestPipe
{
    /// <summary>Most messages that wait for the guest.</summary>
    public const int MaximumMessages = 256;

    /// <summary>Most bytes of lines that wait while another message is taken.</summary>
    public const int MaximumMessageBytes = 1 << 20;

    /// <summary>Bytes of lines that wait before the guest is not listened to: more than one body of the largest fetch.</summary>
    public const int MaximumReplyBytes = 32 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<(byte[] Line, bool IsMessage)> _waiting = new(); // guarded by _gate
    private readonly Action _wake;
    private readonly int _writing;
    private int _written;  // guarded by _gate: bytes of the first line that are gone
    private long _bytes;   // guarded by _gate
    private int _messages; // guarded by _gate

    /// <param name="wake">Called when the pipe is full and <see cref="Flush"/> should be called once it is writable.</param>
    public GuestPipe(Action wake)
    {
        _wake = wake;
        (Reading, _writing) = RawDescriptors.Pipe();
        RawDescriptors.SetBlocking(_writing, blocking: false);
    }

    /// <summary>The end that the guest reads.</summary>
    public int Reading { get; }

    /// <summary>The end to poll for room while <see cref="WantsRoom"/>.</summary>
    public int Writing => _writing;

    /// <summary>True while lines wait for room in the pipe.</summary>
    public bool WantsRoom
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>Takes a message for the guest; false where too many wait.</summary>
    public bool TryMessage(byte[] line)
    {
        lock (_gate)
        {
            if (_messages >= MaximumMessages || (_bytes > 0 && _bytes + line.Length > MaximumMessageBytes))
            {
                return false;
            }

            Add(line, isMessage: true);
            return true;
        }
    }

    /// <summary>True while so many replies wait that the guest is not listened to any more: it reads, or it stands still.</summary>
    public bool IsOverfull
    {
        get
        {
            lock (_gate)
            {
                return _bytes > MaximumReplyBytes;
            }
        }
    }

    /// <summary>Takes a reply or a word of the host's own, which is never refused; see <see cref="IsOverfull"/>.</summary>
    public void Tell(byte[] line)
    {
        lock (_gate)
        {
            Add(line, isMessage: false);
        }
    }

    /// <summary>Writes what the pipe takes.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out (byte[] Line, bool IsMessage) first))
            {
                int count = RawDescriptors.Write(_writing, first.Line.AsSpan(_written));
                if (count < 0)
                {
                    return;
                }

                _bytes -= count;
                _written += count;
                if (_written == first.Line.Length)
                {
                    _waiting.Dequeue();
                    _written = 0;
                    _messages -= first.IsMessage ? 1 : 0;
                }
            }
        }
    }

    private void Add(byte[] line, bool isMessage)
    {
        _waiting.Enqueue((line, isMessage));
        _bytes += line.Length;
        _messages += isMessage ? 1 : 0;
        if (_waiting.Count == 1)
        {
            Flush();
        }

        if (_waiting.Count > 0)
        {
            _wake();
        }
    }
}
