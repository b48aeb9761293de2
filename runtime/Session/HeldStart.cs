using Weft.Linux;

namespace Weft.Runtime.Session;

/// <summary>
/// The two bytes of <c>--hold-fd</c>. The first says that the process sits where it belongs (scope, limits, box) and may begin, the second
/// that what it measured was accepted. The end of the stream means that appd is gone: then it leaves without a trace.
/// </summary>
internal static class HeldStart
{
    /// <summary>Waits for one byte; leaves the process where it never comes.</summary>
    public static void Wait(int descriptor)
    {
        if (descriptor >= 0 && !RawDescriptors.ReadByte(descriptor, out _))
        {
            CurrentProcess.Exit(0);
        }
    }

    /// <summary>Becomes another program once the first byte is there: <c>--exec</c>.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static int Execute(int descriptor, string program, IReadOnlyList<string> arguments)
    {
        Wait(descriptor);
        if (descriptor >= 0)
        {
            RawDescriptors.Close(descriptor);
        }

        int errno = CurrentProcess.Execute(program, arguments);
        throw new IOException($"start {program}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");
    }
}
