using Weft.Linux;
using Weft.Runtime.Guest;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Session;

/// <summary>
/// The one thread beside the guest's: it sleeps in poll until the channel, the guest's pipes, a signal or a deadline want something. An idle
/// session has no timer and uses no CPU.
/// </summary>
internal sealed class SessionLoop
{
    private readonly int _wake = RawDescriptors.Event();
    // A round trip to a peer that reads; one that does not keeps no session from ending.
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private ManualResetEventSlim? _settling; // set once
    private int _thread;                     // the loop's own
    private GuestStreams? _streams; // guarded by _gate
    private GuestPipe? _input;      // guarded by _gate

    /// <summary>Makes the loop look at everything again. From any thread.</summary>
    public void Wake() => RawDescriptors.Bump(_wake);

    /// <summary>Starts the thread.</summary>
    public void Start(AppChannel channel, Stopping stopping, SessionEnding ending) => RawThread.Start(
        () =>
        {
            try
            {
                Run(channel, stopping);
            }
            catch (Exception e)
            {
                // The top of the loop: without it the guest is deaf and its output goes nowhere.
                ending.Finish(GuestEnd.Broke($"weft-runtime failed: {e}", []));
            }
        },
        stackSize: 512 * 1024);

    /// <summary>The guest is there: its streams are looked after from now on.</summary>
    public void Attend(GuestStreams streams, GuestPipe? input)
    {
        lock (_gate)
        {
            _streams = streams;
            _input = input;
        }

        Wake();
    }

    /// <summary>
    /// Waits, for a moment, until appd has been sent what it is owed: acknowledgements of what the guest got, and what it said last. At the end of
    /// the process; from any thread.
    /// </summary>
    public void Settle(AppChannel channel)
    {
        if (!channel.Exists || Environment.CurrentManagedThreadId == _thread)
        {
            return;
        }

        var settled = new ManualResetEventSlim();
        Volatile.Write(ref _settling, settled);
        Wake();
        settled.Wait(SettleDeadline);
    }

    private void Run(AppChannel channel, Stopping stopping)
    {
        _thread = Environment.CurrentManagedThreadId;
        const int Woken = 0;
        const int Peer = 1;
        const int Input = 2;
        const int Output = 3;
        const int Error = 4;
        Span<PollEntry> entries = stackalloc PollEntry[5];
        while (true)
        {
            GuestStreams? streams;
            GuestPipe? input;
            lock (_gate)
            {
                streams = _streams;
                input = _input;
            }

            entries[Woken] = new PollEntry { Descriptor = _wake, Wanted = RawDescriptors.POLLIN };
            entries[Peer] = channel.Entry();
            entries[Input] = new PollEntry { Descriptor = input is { WantsRoom: true } ? input.Writing : -1, Wanted = RawDescriptors.POLLOUT };
            entries[Output] = new PollEntry { Descriptor = streams is null || input is { IsOverfull: true } ? -1 : streams.Output, Wanted = RawDescriptors.POLLIN };
            entries[Error] = new PollEntry { Descriptor = streams?.Error ?? -1, Wanted = RawDescriptors.POLLIN };
            RawDescriptors.Poll(entries, Earlier(channel.Timeout(), stopping.Timeout()));
            if (entries[Woken].Happened != 0)
            {
                RawDescriptors.Drain(_wake);
            }

            // Looked at first: what was queued before it was set is written below.
            ManualResetEventSlim? settling = Volatile.Read(ref _settling);
            stopping.Step();
            if (entries[Output].Happened != 0)
            {
                streams!.TakeOutput();
            }

            if (entries[Error].Happened != 0)
            {
                streams!.TakeError();
            }

            channel.Handle(entries[Peer]);
            if (settling is not null && channel.IsSettled)
            {
                settling.Set();
            }

            if (entries[Input].Happened != 0)
            {
                input!.Flush();
            }
        }
    }

    private static int Earlier(long one, long other)
    {
        long first = one < 0 ? other : other < 0 ? one : Math.Min(one, other);
        return (int)Math.Min(first, int.MaxValue);
    }
}
