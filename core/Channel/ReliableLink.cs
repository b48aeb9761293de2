namespace Weft.Core.Channel;

/// <summary>What became of a message.</summary>
public enum LinkOutcome
{
    /// <summary>The peer has it.</summary>
    Accepted,

    /// <summary>The peer took it over and could not accept it: a queue was full.</summary>
    Refused,

    /// <summary>The link ended before the peer took it.</summary>
    Ended,
}

/// <summary>
/// One side of the channel, past any number of connections: numbers what is sent, keeps it until it is acknowledged,
/// sends it again to the next peer, and takes each line of the peer once (docs/protocol.md, "Channel"). Pure logic:
/// whoever has the socket reads lines into a <see cref="LinkConnection"/> and writes what that hands out.
/// </summary>
public sealed class ReliableLink(int keptBytes = ChannelLimits.KeptBytes)
{
    private readonly Lock _gate = new();
    private readonly Lock _receiving = new(); // outside _gate: held while a message is handed over, so that two connections never take the same one
    private readonly KeptLines _kept = new(); // guarded by _gate; oldest first, numbers without gaps
    private readonly List<ulong> _refused = []; // guarded by _gate; the last refusals, for a peer that may not know
    private LinkConnection? _connection; // guarded by _gate; the newest
    private ulong _next; // guarded by _gate; number of the next message; 0 until the first peer is known
    private ulong _taken; // guarded by _gate
    private long _bytes; // guarded by _gate; of _kept
    private bool _ended; // guarded by _gate

    /// <summary>The number of the peer's last message that was taken over.</summary>
    public ulong Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    /// <summary>Bytes that wait for an acknowledgement.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Sends a message: now, or to the next peer. The task ends when it is acknowledged.</summary>
    /// <exception cref="ChannelOverflowException">4 MiB wait already; nothing was taken.</exception>
    /// <exception cref="ChannelException">The message is too large for a line.</exception>
    public Task<LinkOutcome> SendAsync(ChannelMessage message)
    {
        var outcome = new TaskCompletionSource<LinkOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        switch (Add(message, outcome))
        {
            case Added.Ended:
                return Task.FromResult(LinkOutcome.Ended);
            case Added.Full:
                throw new ChannelOverflowException($"{KeptBytes} bytes wait for the other side of the channel and {keptBytes} are kept; try again when it reads");
            default:
                return outcome.Task;
        }
    }

    /// <summary>As <see cref="SendAsync"/>, for who need not know when it arrives. False: 4 MiB wait already, or the link has ended; nothing was taken.</summary>
    /// <exception cref="ChannelException">The message is too large for a line.</exception>
    public bool TrySend(ChannelMessage message) => Add(message, outcome: null) == Added.Kept;

    /// <summary>What a hello says of this side: taken, next, refused.</summary>
    public (ulong Taken, ulong Next, IReadOnlyList<ulong>? Refused) Greeting()
    {
        lock (_gate)
        {
            ulong next = _kept.Count > 0 && _kept[0].Number > 0 ? _kept[0].Number : Math.Max(_next, 1);
            return (_taken, next, _refused.Count == 0 ? null : _refused.ToArray());
        }
    }

    /// <summary>
    /// A peer has said its hello. An earlier connection is dead from here on. What the peer has not taken is sent (again).
    /// The listener must have sent nothing before this call, and then its <see cref="Greeting"/>; who connects calls it
    /// with the listener's answer.
    /// </summary>
    /// <exception cref="ChannelException">Its numbers cannot be: it lost lines, or speaks of lines that were never sent.</exception>
    public LinkConnection Connect(ulong peerTaken, ulong peerNext, IReadOnlyList<ulong>? peerRefused)
    {
        List<(Kept Kept, LinkOutcome Outcome)> settled = [];
        LinkConnection? old;
        LinkConnection connection;
        lock (_receiving)
        {
            lock (_gate)
            {
                CheckNumbers(peerTaken, peerNext);
                if (_next == 0)
                {
                    // The first peer says where numbering goes on: a successor of a dead appd continues after what that one sent.
                    _next = peerTaken + 1;
                    for (int i = 0; i < _kept.Count; i++)
                    {
                        _kept[i].Number = _next++;
                    }
                }

                if (peerNext > _taken + 1)
                {
                    _taken = peerNext - 1;
                }

                _refused.RemoveAll(number => number < peerNext);
                Settle(peerTaken, peerRefused, settled);
                old = _connection;
                connection = new LinkConnection(this, _kept.Count > 0 ? _kept[0].Number : _next);
                _connection = connection;
            }
        }

        old?.Wake();
        Complete(settled);
        return connection;
    }

    /// <summary>The session is over: nothing is sent any more, and everyone who waits is told.</summary>
    public void End()
    {
        List<(Kept Kept, LinkOutcome Outcome)> settled = [];
        LinkConnection? connection;
        lock (_gate)
        {
            _ended = true;
            while (_kept.Count > 0)
            {
                settled.Add((_kept.RemoveFirst(), LinkOutcome.Ended));
            }

            _bytes = 0;
            connection = _connection;
            _connection = null;
        }

        connection?.Wake();
        Complete(settled);
    }

    internal bool IsCurrent(LinkConnection connection)
    {
        lock (_gate)
        {
            return _connection == connection;
        }
    }

    /// <summary>Takes a line of the peer. The handler says whether it accepts a message; it is called once for each, in order.</summary>
    internal void Receive(LinkConnection connection, ChannelLine line, Func<ChannelMessage, bool> take)
    {
        switch (line)
        {
            case NumberedLine numbered:
                lock (_receiving)
                {
                    TakeOnce(connection, numbered, take);
                }

                connection.Wake();
                break;
            case AckLine ack:
                Settle(connection, ack.Number, null);
                break;
            case RefusedLine refused:
                Settle(connection, refused.Number, [refused.Number]);
                break;
        }
    }

    /// <summary>The next numbered line for a connection whose cursor stands at <paramref name="cursor"/>.</summary>
    internal byte[]? Take(LinkConnection connection, ref ulong cursor)
    {
        lock (_gate)
        {
            if (_connection != connection || _kept.Count == 0)
            {
                return null;
            }

            ulong first = _kept[0].Number;
            cursor = Math.Max(cursor, first);
            if (cursor - first >= (ulong)_kept.Count)
            {
                return null;
            }

            Kept kept = _kept[(int)(cursor - first)];
            cursor++;
            return ChannelCodec.Number(kept.Number, kept.Body);
        }
    }

    private Added Add(ChannelMessage message, TaskCompletionSource<LinkOutcome>? outcome)
    {
        var kept = new Kept(ChannelCodec.EncodeBody(message), outcome);
        LinkConnection? connection;
        lock (_gate)
        {
            if (_ended)
            {
                return Added.Ended;
            }

            if (_bytes + kept.Cost > keptBytes)
            {
                return Added.Full;
            }

            _bytes += kept.Cost;
            _kept.Add(kept);
            if (_next != 0)
            {
                kept.Number = _next++;
            }

            connection = _connection;
        }

        connection?.Wake();
        return Added.Kept;
    }

    private void TakeOnce(LinkConnection connection, NumberedLine line, Func<ChannelMessage, bool> take)
    {
        lock (_gate)
        {
            if (_connection != connection)
            {
                return;
            }

            if (line.Number <= _taken)
            {
                // Sent again by a peer that missed the answer: it is the same one.
                if (_refused.Contains(line.Number))
                {
                    connection.RefuseLater(line.Number);
                }
                else
                {
                    connection.AckLater(line.Number);
                }

                return;
            }

            if (line.Number != _taken + 1)
            {
                throw new ChannelException($"line {line.Number} came after line {_taken}");
            }
        }

        // Only this thread changes _taken: _receiving is held.
        bool accepted = line.Message is not UnknownMessage && take(line.Message);
        lock (_gate)
        {
            _taken = line.Number;
            if (accepted)
            {
                connection.AckLater(line.Number);
                return;
            }

            if (_refused.Count == ChannelLimits.MaxRefusals)
            {
                _refused.RemoveAt(0);
            }

            _refused.Add(line.Number);
            connection.RefuseLater(line.Number);
        }
    }

    private void Settle(LinkConnection connection, ulong upTo, IReadOnlyList<ulong>? refused)
    {
        List<(Kept Kept, LinkOutcome Outcome)> settled = [];
        lock (_gate)
        {
            if (_connection != connection)
            {
                return;
            }

            if (upTo >= _next)
            {
                throw new ChannelException($"line {upTo} was acknowledged and never sent");
            }

            Settle(upTo, refused, settled);
        }

        Complete(settled);
    }

    /// <summary>Under _gate: everything up to a number is the peer's now.</summary>
    private void Settle(ulong upTo, IReadOnlyList<ulong>? refused, List<(Kept Kept, LinkOutcome Outcome)> settled)
    {
        while (_kept.Count > 0 && _kept[0].Number <= upTo)
        {
            Kept first = _kept.RemoveFirst();
            _bytes -= first.Cost;
            settled.Add((first, refused?.Contains(first.Number) == true ? LinkOutcome.Refused : LinkOutcome.Accepted));
        }
    }

    private void CheckNumbers(ulong peerTaken, ulong peerNext)
    {
        if (peerNext == 0)
        {
            throw new ChannelException("next is 0; numbers begin with 1");
        }

        if (_next != 0 && peerTaken >= _next)
        {
            throw new ChannelException($"the peer has taken line {peerTaken}, and {_next - 1} were sent");
        }

        // A side that remembers nothing (taken 0) goes on where the peer does; one that remembers must not miss a line.
        if (_taken != 0 && peerNext > _taken + 1)
        {
            throw new ChannelException($"the peer goes on with line {peerNext}, and {_taken} was the last one taken");
        }
    }

    // Outside the lock: what waits for an outcome may run at once.
    private static void Complete(List<(Kept Kept, LinkOutcome Outcome)> settled)
    {
        foreach ((Kept kept, LinkOutcome outcome) in settled)
        {
            kept.Outcome?.TrySetResult(outcome);
        }
    }

    private enum Added
    {
        Kept,
        Full,
        Ended,
    }
}
