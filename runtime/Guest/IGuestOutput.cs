namespace Weft.Runtime.Guest;

/// <summary>Where a guest's standard output or error ends up.</summary>
internal interface IGuestOutput
{
    /// <summary>Takes what the guest wrote, as it comes: one call is no line. Waits for nobody.</summary>
    public void Write(ReadOnlySpan<byte> bytes);
}
