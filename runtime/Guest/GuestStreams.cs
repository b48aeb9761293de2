using Weft.Linux;

namespace Weft.Runtime.Guest;

/// <summary>
/// The guest's standard output and error on their way to where they end up: two pipes whose writing ends are this process's descriptors 1 and 2.
/// The guest writes on its own thread; the session's loop reads and never waits, so a flood slows nobody.
/// </summary>
internal sealed class GuestStreams
{
    private const int PieceSize = 64 << 10;

    private readonly Lock _gate = new();
    private readonly IGuestOutput _output;
    private readonly IGuestOutput _error;
    private byte[] _piece = []; // guarded by _gate; made with the first output

    /// <summary>Takes over descriptors 1 and 2, and 0 for <paramref name="input"/>.</summary>
    /// <param name="output">Where standard output goes; null leaves descriptor 1 as it is.</param>
    /// <param name="error">Where standard error goes; null leaves descriptor 2 as it is.</param>
    /// <param name="input">What the guest reads; null leaves descriptor 0 as it is.</param>
    public GuestStreams(IGuestOutput? output, IGuestOutput? error, GuestPipe? input)
    {
        _output = output ?? Nowhere.Instance;
        _error = error ?? Nowhere.Instance;
        Output = output is null ? -1 : Redirect(1);
        Error = error is null ? -1 : Redirect(2);
        if (input is not null)
        {
            RawDescriptors.Move(input.Reading, 0);
        }
    }

    /// <summary>Descriptor to wait for standard output on; -1 where there is none.</summary>
    public int Output { get; }

    /// <summary>Descriptor to wait for standard error on; -1 where there is none.</summary>
    public int Error { get; }

    /// <summary>Takes what is there of standard output.</summary>
    public void TakeOutput() => Take(Output, _output, all: false);

    /// <summary>Takes what is there of standard error.</summary>
    public void TakeError() => Take(Error, _error, all: false);

    /// <summary>Takes all that the guest has written: at its end.</summary>
    public void Finish()
    {
        Take(Output, _output, all: true);
        Take(Error, _error, all: true);
        (_output as LineOutput)?.Finish();
    }

    private static int Redirect(int target)
    {
        (int reading, int writing) = RawDescriptors.Pipe();
        RawDescriptors.SetBlocking(reading, blocking: false);
        RawDescriptors.Move(writing, target);
        return reading;
    }

    private void Take(int descriptor, IGuestOutput sink, bool all)
    {
        if (descriptor < 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_piece.Length == 0)
            {
                _piece = new byte[PieceSize];
            }

            int count;
            do
            {
                count = RawDescriptors.Read(descriptor, _piece);
                if (count > 0)
                {
                    sink.Write(_piece.AsSpan(0, count));
                }
            }
            while (all && count > 0);
        }
    }

    private sealed class Nowhere : IGuestOutput
    {
        public static readonly Nowhere Instance = new();

        /// <inheritdoc/>
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
