using Weft.Core.Output;
using Weft.Linux;

namespace Weft.Runtime.Guest;

/// <summary>A guest's output in a ring that appd made. Nobody has to read it for the guest to go on.</summary>
/// <param name="ring">The ring.</param>
/// <param name="eventDescriptor">The eventfd that says so, or -1.</param>
internal sealed class RingOutput(OutputRingWriter ring, int eventDescriptor) : IGuestOutput
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        ring.Write(bytes);
        if (eventDescriptor >= 0)
        {
            RawDescriptors.Bump(eventDescriptor);
        }
    }
}
