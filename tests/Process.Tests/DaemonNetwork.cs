using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Weft.Tests.Support;

namespace Weft.Process.Tests;

/// <summary>The network that a daemon has for itself (<see cref="DaemonWorld"/>), seen from the test.</summary>
internal static partial class DaemonNetwork
{
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>A socket that is there, bound and neither read nor listening yet.</summary>
    public static Socket Bind(Daemon daemon, ProtocolType protocol, IPEndPoint place)
    {
        Socket? socket = null;
        ExceptionDispatchInfo? failure = null;

        // A socket stays in the network it was made in. The thread goes there alone and is not used again; nothing here may begin
        // other threads, which would stay there too.
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle network = File.OpenHandle($"/proc/{daemon.Pid}/ns/net");
                if (setns(network, CLONE_NEWNET) != 0)
                {
                    throw new IOException($"setns into the network of {daemon.Pid}: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                socket = new Socket(place.AddressFamily, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);
                socket.Bind(place);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return socket!;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeHandle fd, int nstype);
}
