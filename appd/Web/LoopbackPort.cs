using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>The web port cannot be had; the message names who has it and what to do.</summary>
internal sealed class PortException(string message) : Exception(message);

/// <summary>The daemon's TCP port on both loopback addresses: bound here, so that the sockets may as well have been inherited.</summary>
internal sealed class LoopbackPort : IDisposable
{
    private const int Tries = 20; // for a port that is free on both addresses

    private readonly List<Socket> _sockets;

    private LoopbackPort(int number, List<Socket> sockets)
    {
        Number = number;
        _sockets = sockets;
    }

    public int Number { get; }

    /// <summary>The bound sockets; they stay open until this is disposed.</summary>
    public IReadOnlyList<Socket> Sockets => _sockets;

    /// <summary>
    /// Binds the wanted port; 0 takes the left-over one of the port file where it is free, else any. Browsers prefer ::1, so
    /// where the machine has IPv6 both addresses are needed.
    /// </summary>
    /// <exception cref="PortException">It is taken.</exception>
    public static LoopbackPort Bind(int wanted, string portFile)
    {
        if (wanted != 0)
        {
            return TryBind(wanted) ?? throw new PortException(
                $"port {wanted} is taken{PortHolder.Describe(wanted)}; stop that program, or set WEFT_APPD_WS_PORT to another port (0: any)");
        }

        if (LeftOver(portFile) is { } before && TryBind(before) is { } same)
        {
            return same;
        }

        for (int i = 0; i < Tries; i++)
        {
            if (TryBind(0) is { } any)
            {
                return any;
            }
        }

        throw new PortException("no port is free on both 127.0.0.1 and ::1");
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private static int? LeftOver(string portFile)
    {
        try
        {
            return int.TryParse(Encoding.ASCII.GetString(Files.ReadAll(portFile, 16)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
                ? port
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static LoopbackPort? TryBind(int port)
    {
        var sockets = new List<Socket>();
        try
        {
            Socket first = BindOne(IPAddress.Loopback, port);
            sockets.Add(first);
            int number = ((IPEndPoint)first.LocalEndPoint!).Port;
            if (HasIpv6())
            {
                sockets.Add(BindOne(IPAddress.IPv6Loopback, number));
            }

            return new LoopbackPort(number, sockets);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            sockets.ForEach(socket => socket.Dispose());
            return null;
        }
    }

    private static Socket BindOne(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(new IPEndPoint(address, port));

            // Two sockets with SO_REUSEADDR may be bound to one port; only listening shows that it is taken.
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The kernel lists ::1 of the loopback interface here unless IPv6 is off.
    private static bool HasIpv6() => File.Exists("/proc/net/if_inet6")
        && File.ReadLines("/proc/net/if_inet6").Any(line => line.StartsWith("00000000000000000000000000000001 ", StringComparison.Ordinal));
}
