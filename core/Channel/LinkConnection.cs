using System.Diagnostics.CodeAnalysis;

namespace Weft.Core.Channel;

/// <summary>One connection of a <see cref="ReliableLink"/>: dead as soon as there is a newer one.</summary>
public sealed class LinkConnection
{
    private readonly Lock _gate = new(); // inside ReliableLink's gates
    private readonly ReliableLink _link;
    private readonly List<ulong> _refusals = []; // guarded by _gate; to be written
    private ulong _ack; // guarded by _gate; to be written, 0: nothing
    private ulong _cursor; // only the one writer
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by _gate

    internal LinkConnection(ReliableLink link, ulong first)
    {
        _link = link;
        _cursor = first;
    }

    /// <summary>No newer connection has taken its place, and the link has not ended.</summary>
    public bool IsAlive => _link.IsCurrent(this);

    /// <summary>
    /// Takes a line that the peer sent. <paramref name="take"/> is called once for each of its messages, in order, and
    /// says whether it is accepted; it must not wait.
    /// </summary>
    /// <exception cref="ChannelException">The peer broke the protocol: end the connection.</exception>
    public void Receive(ChannelLine line, Func<ChannelMessage, bool> take) => _link.Receive(this, line, take);

    /// <summary>The next line to write, newline included; for one writer. False: nothing now.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? line)
    {
        lock (_gate)
        {
            if (_refusals.Count > 0 && (_ack == 0 || _refusals[0] < _ack))
            {
                line = ChannelCodec.Write(new RefusedLine(_refusals[0]));
                _refusals.RemoveAt(0);
                return true;
            }

            if (_ack != 0)
            {
                line = ChannelCodec.Write(new AckLine(_ack));
                _ack = 0;
                return true;
            }
        }

        line = _link.Take(this, ref _cursor);
        return line is not null;
    }

    /// <summary>The next line to write, as soon as there is one; null when the connection is dead.</summary>
    public async ValueTask<byte[]?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task woken;
            lock (_gate)
            {
                if (_wake.Task.IsCompleted)
                {
                    _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                woken = _wake.Task;
            }

            if (TryTake(out byte[]? line))
            {
                return line;
            }

            if (!IsAlive)
            {
                return null;
            }

            await woken.WaitAsync(cancellationToken);
        }
    }

    internal void AckLater(ulong number)
    {
        lock (_gate)
        {
            // An acknowledgement stands for all before it, so it must not overtake a refusal that waits: see TryTake.
            _ack = Math.Max(_ack, number);
        }
    }

    internal void RefuseLater(ulong number)
    {
        lock (_gate)
        {
            if (_refusals.Count == ChannelLimits.MaxRefusals)
            {
                throw new ChannelException($"the peer does not read: {ChannelLimits.MaxRefusals} refusals wait for it");
            }

            _refusals.Add(number);
        }
    }

    internal void Wake()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
        }
    }
}
