using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>The pipes between appd and one runtime. Disposing closes the ends that nobody has taken.</summary>
internal sealed class RuntimePipes : IDisposable
{
    private bool _taken;

    public RuntimePipes(bool withReport)
    {
        Hold = Files.Pipe();
        Output = Files.Pipe();
        Error = Files.Pipe();
        Report = withReport ? Files.Pipe() : null;

        // What a runtime says itself is read when it has ended (or drained, of a foreign one): it must never wait for us.
        // The flag belongs to the writing end alone; each end of a pipe is an open file of its own.
        Files.SetNonBlocking(Error.Write, withReport);
    }

    public (Descriptor Read, Descriptor Write) Hold { get; }

    /// <summary>Standard output: READY.</summary>
    public (Descriptor Read, Descriptor Write) Output { get; }

    /// <summary>Standard error: what the runtime itself has to say.</summary>
    public (Descriptor Read, Descriptor Write) Error { get; }

    public (Descriptor Read, Descriptor Write)? Report { get; }

    /// <summary>The caller has appd's ends from now on.</summary>
    public void Take() => _taken = true;

    public void Dispose()
    {
        Hold.Read.Dispose();
        Output.Write.Dispose();
        Error.Write.Dispose();
        Report?.Write.Dispose();
        if (!_taken)
        {
            Hold.Write.Dispose();
            Output.Read.Dispose();
            Error.Read.Dispose();
            Report?.Read.Dispose();
        }
    }
}
