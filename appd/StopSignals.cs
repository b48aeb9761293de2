using System.Runtime.InteropServices;

namespace Weft.Appd;

/// <summary>
/// SIGTERM, SIGINT and SIGHUP: the first asks for an orderly stop, a second one for one without waiting. Heard until the process is gone and never
/// disposed: one that arrives while the last parts are put away must neither end the process before its exit code nor find its source closed.
/// </summary>
internal sealed class StopSignals
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations; // held, because a collected one hears nothing

    public StopSignals()
    {
        var first = new CancellationTokenSource();
        var second = new CancellationTokenSource();
        int count = 0;
        First = first.Token;
        Second = second.Token;
        _registrations = Array.ConvertAll([PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP], signal => PosixSignalRegistration.Create(signal, Heard));

        void Heard(PosixSignalContext context)
        {
            context.Cancel = true; // the runtime would end the process at once
            if (Interlocked.Increment(ref count) == 1)
            {
                Name = context.Signal.ToString();
                _asked.TrySetResult();
                first.Cancel();
                return;
            }

            second.Cancel();
        }
    }

    /// <summary>Completes with the first signal.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken First { get; }

    /// <summary>Cancelled by the second.</summary>
    public CancellationToken Second { get; }

    /// <summary>Name of the first signal.</summary>
    public string Name { get; private set; } = "";
}
