using Weft.Linux;

namespace Weft.Runtime.Guest;

/// <summary>A guest's output on one of this process's own descriptors: a session by hand.</summary>
internal sealed class DescriptorOutput(int descriptor) : IGuestOutput
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => RawDescriptors.WriteAll(descriptor, bytes);
}
