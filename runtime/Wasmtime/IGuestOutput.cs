namespace Weft.Runtime.Wasmtime;

/// <summary>Where a guest's standard output or error goes.</summary>
internal interface IGuestOutput
{
    /// <summary>Takes what the guest wrote, as it comes: one call is no line. Called on the guest's thread; waits for nobody.</summary>
    public void Write(ReadOnlySpan<byte> bytes);
}
