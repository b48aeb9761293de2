using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Weft.Tests.Bench;

/// <summary>Receives with the kernel's own word for when the bytes came (SO_TIMESTAMPNS, socket(7)).</summary>
internal static unsafe partial class ArrivalTime
{
    private const int SOL_SOCKET = 1;
    private const int SO_TIMESTAMPNS = 35;
    private const int EINTR = 4;

    public static void Enable(Socket socket) => socket.SetRawSocketOption(SOL_SOCKET, SO_TIMESTAMPNS, [1, 0, 0, 0]);

    /// <summary>Waits for bytes; 0 where the peer has closed.</summary>
    public static int Receive(Socket socket, Span<byte> bytes, out DateTime arrived)
    {
        Stamp stamp = default;
        fixed (byte* start = bytes)
        {
            IoVector vector = new() { Start = start, Length = (nuint)bytes.Length };
            nint read;
            do
            {
                MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = &stamp, ControlLength = (nuint)sizeof(Stamp) };
                read = recvmsg(socket.SafeHandle, ref header, 0);
            }
            while (read < 0 && Marshal.GetLastPInvokeError() == EINTR);

            if (read < 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "recvmsg on a WebSocket");
            }

            if (read > 0 && stamp.Type != SO_TIMESTAMPNS)
            {
                throw new InvalidOperationException("recvmsg: the kernel does not say when the bytes came");
            }

            arrived = DateTime.UnixEpoch.AddTicks((stamp.Seconds * TimeSpan.TicksPerSecond) + (stamp.Nanoseconds / TimeSpan.NanosecondsPerTick));
            return (int)read;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeHandle socket, ref MessageHeader header, int flags);

    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>cmsghdr and timespec, as 64-bit kernels lay them out (cmsg(3)).</summary>
    private struct Stamp
    {
        public nuint Length;
        public int Level;
        public int Type;
        public long Seconds;
        public long Nanoseconds;
    }
}
