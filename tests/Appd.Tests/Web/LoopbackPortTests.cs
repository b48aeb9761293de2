using System.Net;
using System.Net.Sockets;
using Weft.Appd.Web;
using Xunit;

namespace Weft.Appd.Tests.Web;

public sealed class LoopbackPortTests
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("weft-port-").FullName, "appd.wsport");

    [Fact]
    public void A_taken_port_is_an_error_that_names_the_holder()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        PortException taken = Assert.Throws<PortException>(() => LoopbackPort.Bind(port, _file));
        Assert.Contains($"port {port} is taken by pid {Environment.ProcessId} (", taken.Message, StringComparison.Ordinal);
        Assert.Contains("WEFT_APPD_WS_PORT", taken.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_port_that_is_taken_on_the_other_address_only_counts_as_taken()
    {
        Weft.Tests.Support.Prerequisite.Need(Socket.OSSupportsIPv6, "IPv6");
        using var holder = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        holder.Listen();
        Assert.Throws<PortException>(() => LoopbackPort.Bind(((IPEndPoint)holder.LocalEndPoint!).Port, _file));
    }

    [Theory]
    [InlineData("not a port")]
    [InlineData("70000")]
    [InlineData("")]
    public void A_left_over_file_without_a_port_means_any(string text)
    {
        File.WriteAllText(_file, text);
        using LoopbackPort port = LoopbackPort.Bind(0, _file);
        Assert.InRange(port.Number, 1024, 65535);
    }

    [Fact]
    public void Zero_takes_the_left_over_port_first_and_another_where_that_is_taken()
    {
        int before;
        using (LoopbackPort first = LoopbackPort.Bind(0, _file))
        {
            before = first.Number;
        }

        File.WriteAllText(_file, $"{before}\n");
        using LoopbackPort again = LoopbackPort.Bind(0, _file);
        Assert.Equal(before, again.Number);
        using LoopbackPort other = LoopbackPort.Bind(0, _file);
        Assert.NotEqual(before, other.Number);
        Assert.Equal(Socket.OSSupportsIPv6 ? 2 : 1, other.Sockets.Count);
    }
}
