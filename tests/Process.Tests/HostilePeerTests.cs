using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Weft.Process.Tests;

/// <summary>Peers that connect to the daemon's doors to take something from it: its memory, its descriptors, another user's rights.</summary>
public sealed class HostilePeerTests(ITestOutputHelper output)
{
    private const int MiB = 1024; // KiB

    [SkippableFact]
    public async Task A_hundred_connections_that_announce_4_GiB_get_413_and_cost_nothing()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await RoundAsync(); // what is made once, for the first who comes
        (long before, int descriptors) = (ProcessTable.Pss(daemon.Pid), ProcessTable.Descriptors(daemon.Pid).Count);
        long highest = await RoundAsync();
        output.WriteLine($"PSS {before} -> {highest} KiB");
        Assert.True(highest - before < 4 * MiB, $"PSS grew from {before} to {highest} KiB");
        await daemon.DescriptorsAsync(descriptors);

        async Task<long> RoundAsync()
        {
            ControlPeer[] peers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => daemon.ConnectAsync()));
            await Task.WhenAll(peers.Select(peer => peer.SendRawAsync(Convert.FromHexString("ffffffff"))));
            foreach (ControlPeer peer in peers)
            {
                JsonObject answer = await peer.NextAsync("413", _ => true);
                Assert.Equal(("ERROR", 413), ((string?)answer["type"], (int?)answer["code"]));
            }

            long pss = ProcessTable.Pss(daemon.Pid);
            foreach (ControlPeer peer in peers)
            {
                await peer.ClosedAsync();
                await peer.DisposeAsync();
            }

            return pss;
        }
    }

    [SkippableFact]
    public async Task Descriptors_nobody_asked_for_are_closed()
    {
        const int messages = 5000;
        string python = await LineClient.PythonAsync("socket");
        await using Daemon daemon = await Daemon.StartAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.ExpectAsync("STATUS", "STATUS");
        int before = ProcessTable.Descriptors(daemon.Pid).Count;
        CommandResult sent = await Commands.RunAsync(python, [LineClient.Script("descriptors.py"), daemon.SocketPath, $"{messages}"], patience: TimeSpan.FromMinutes(2));
        Assert.Equal($"{messages}", sent.Success().Trim());
        await daemon.DescriptorsAsync(before);
    }

    [SkippableFact]
    public async Task A_peer_of_another_user_is_closed_without_an_answer()
    {
        Skip.IfNot(Environment.UserName == "root", "only root can be another user");
        string python = await LineClient.PythonAsync("socket");
        await using Daemon daemon = await Daemon.StartAsync();
        // The folder's and the socket's modes keep others out already; what is looked at here is who comes in spite of them.
        foreach (string folder in (string[])[daemon.Top, Path.Combine(daemon.Top, "run"), daemon.RuntimeFolder])
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        }

        const string client = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(30); s.sendall(bytes.fromhex('1400000081a474797065ad51554552595f52554e4e494e47')); print(s.recv(1))";
        string[] nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", python, "-c", client, daemon.SocketPath];
        CommandResult kept = await Commands.RunAsync("setpriv", nobody);
        Assert.Contains("PermissionError", kept.Errors, StringComparison.Ordinal);

        File.SetUnixFileMode(daemon.SocketPath, File.GetUnixFileMode(daemon.SocketPath) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        CommandResult refused = await Commands.RunAsync("setpriv", nobody);
        Assert.True(refused.Output.Trim() == "b''" || refused.Errors.Contains("BrokenPipeError", StringComparison.Ordinal) || refused.Errors.Contains("ConnectionResetError", StringComparison.Ordinal),
            refused.Output + refused.Errors);
        Assert.Contains("peer has uid 65534; only 0 and 0 may connect", daemon.Log, StringComparison.Ordinal);
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING");
    }

    [SkippableFact]
    public async Task Without_descriptors_both_doors_wait_and_then_serve_who_waited()
    {
        await using Daemon daemon = await Daemon.StartAsync();
        int port = int.Parse(await File.ReadAllTextAsync(Path.Combine(daemon.RuntimeFolder, "appd.wsport")), CultureInfo.InvariantCulture);
        using (RawWebSocket warm = await RawWebSocket.UpgradeAsync(port))
        {
            await warm.SendAsync(RawWebSocket.Text("{}"));
            Assert.Equal(1008, await warm.CloseCodeAsync());
        }

        await Commands.RunAsync("prlimit", [$"--pid={daemon.Pid}", $"--nofile={ProcessTable.Descriptors(daemon.Pid).Count + 4}:"]);
        var local = new List<Socket>();
        var web = new List<RawWebSocket>();
        try
        {
            // More than there is room for; the kernel's backlog takes the rest.
            byte[] hello = Encoding.ASCII.GetBytes(RawWebSocket.Upgrade(port)), query = Convert.FromHexString("1400000081a474797065ad51554552595f52554e4e494e47");
            for (int i = 0; i < 20; i++)
            {
                local.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
                await local[^1].ConnectAsync(new UnixDomainSocketEndPoint(daemon.SocketPath));
                await local[^1].SendAsync(query);
                web.Add(await RawWebSocket.ConnectAsync(port));
                await web[^1].SendAsync(hello);
            }

            ulong ticks = ProcessTable.Read(daemon.Pid)!.Value.CpuTicks;
            long began = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(2)); // the span that is measured
            double percent = (ProcessTable.Read(daemon.Pid)!.Value.CpuTicks - ticks) * 10 / Stopwatch.GetElapsedTime(began).TotalMilliseconds * 100;
            output.WriteLine($"{percent:F1} % of a CPU while nobody can be let in");
            Assert.True(percent < 20, $"the daemon used {percent:F1} % of a CPU while nobody can be let in");

            (await Commands.RunAsync("prlimit", [$"--pid={daemon.Pid}", "--nofile=1024:"])).Success();
            byte[] head = new byte[4];
            foreach (Socket one in local)
            {
                using var deadline = new CancellationTokenSource(ControlPeer.Patience * 2);
                Assert.Equal(4, await one.ReceiveAsync(head, deadline.Token));
            }

            foreach (RawWebSocket one in web)
            {
                Assert.StartsWith("HTTP/1.1 101 ", await one.HeadAsync(), StringComparison.Ordinal);
            }
        }
        finally
        {
            local.ForEach(one => one.Dispose());
            web.ForEach(one => one.Dispose());
        }
    }
}
