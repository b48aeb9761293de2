using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// A thread that nobody waits for, not even to have begun: <see cref="Thread.Start()"/> does, which on a busy machine costs a process that
/// counts its start in microseconds a whole time slice.
/// </summary>
public static unsafe partial class RawThread
{
    // pthread_attr_t has 56 bytes on x86-64 and 64 on arm64.
    private const int AttributeSize = 128;

    /// <summary>Starts it; an exception that leaves <paramref name="run"/> ends the process.</summary>
    /// <param name="stackSize">Bytes of its stack.</param>
    public static void Start(Action run, int stackSize)
    {
        byte* attributes = stackalloc byte[AttributeSize];
        _ = pthread_attr_init(attributes);
        _ = pthread_attr_setstacksize(attributes, (nuint)stackSize);
        const int PTHREAD_CREATE_DETACHED = 1;
        _ = pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
        GCHandle handle = GCHandle.Alloc(run);
        nuint thread;

        // The handle is freed by the thread; the attributes are copied before the call returns.
        int errno = pthread_create(&thread, attributes, &Run, GCHandle.ToIntPtr(handle));
        _ = pthread_attr_destroy(attributes);
        if (errno != 0)
        {
            handle.Free();
            throw new IOException($"pthread_create: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Run(nint data)
    {
        GCHandle handle = GCHandle.FromIntPtr(data);
        var run = (Action)handle.Target!;
        handle.Free();
        run();
        return 0;
    }

    [LibraryImport("libc")]
    private static partial int pthread_attr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int pthread_attr_setstacksize(byte* attributes, nuint size);

    [LibraryImport("libc")]
    private static partial int pthread_attr_setdetachstate(byte* attributes, int state);

    [LibraryImport("libc")]
    private static partial int pthread_attr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int pthread_create(nuint* thread, byte* attributes, delegate* unmanaged[Cdecl]<nint, nint> run, nint data);
}
