using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Playwright;
using Weft.Core.Protocol;

namespace Weft.Tests.Bench;

/// <summary>One broadcast to 60 clients, beside a Node server that does the same; then how soon pages come.</summary>
internal static class FanoutBench
{
    private const int Clients = 60;
    private const int WarmUp = 100;
    private const int ColdStarts = 9;
    private const string App = "com.example.counter";

    public static async Task<BenchResult> RunAsync(BenchOptions options)
    {
        string install = Environment.GetEnvironmentVariable("WEFT_OUT") is { Length: > 0 } set ? set : Path.GetFullPath("out");
        BenchResult result = new();
        await using BenchDaemon daemon = await BenchDaemon.StartAsync(install, Path.GetFullPath(Path.Combine("artifacts/examples", App)));
        using Process node = Process.Start(new ProcessStartInfo("node", "tests/Bench/node-ws/server.mjs") { RedirectStandardOutput = true })!;
        try
        {
            int nodePort = int.Parse((await node.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            string token = (await File.ReadAllTextAsync(daemon.SystemTokenPath)).Trim();
            int port = int.Parse(await File.ReadAllTextAsync(daemon.PortPath), CultureInfo.InvariantCulture);
            string hello = $$"""{"type":"HELLO","seq":1,"role":"system","token":"{{token}}"}""";
            using Fan weft = new(port, "/appd", hello);
            using Fan baseline = new(nodePort, "/", hello: null);
            List<double> ours = [], theirs = [];
            for (int turn = -WarmUp; turn < options.Turns * 5; turn++)
            {
                double a = weft.Broadcast(turn), b = baseline.Broadcast(turn);
                if (turn >= 0)
                {
                    ours.Add(a);
                    theirs.Add(b);
                }
            }

            double p99 = Add(result, "fanout_ms", ours);
            double nodeP99 = Add(result, "node_ws_ms", theirs);
            result.Add("ratio", p99 / nodeP99);
        }
        finally
        {
            node.Kill();
        }

        using ControlSocket socket = await daemon.ConnectAsync();
        socket.Send(new Subscribe());
        socket.Read<Subscribed>();
        socket.Send(new LaunchApp { AppId = App });
        socket.Read<AppReady>();
        socket.Send(new QueryRunning());
        Uri page = new(socket.Read<RunningApps>().Sessions[0].UiUrl!);
        result.AddPercentiles("page_first_byte_ms", [.. Enumerable.Range(0, options.Turns).Select(_ => FirstByte(page)).ToList()]);
        if (File.Exists("/usr/bin/chromium"))
        {
            result.AddPercentiles("ui_interactive_ms", await InteractiveAsync(socket));
        }

        return result;
    }

    private static double Add(BenchResult result, string name, List<double> samples)
    {
        List<double> sorted = [.. samples.Order()];
        double p99 = sorted[(int)(sorted.Count * 0.99)];
        result.Add(name + "_p50", sorted[sorted.Count / 2]);
        result.Add(name + "_p99", p99);
        return p99;
    }

    /// <summary>Connect, ask, first byte of the answer.</summary>
    private static double FirstByte(Uri page)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {page.PathAndQuery} HTTP/1.1\r\nHost: {page.Authority}\r\n\r\n");
        byte[] one = new byte[1];
        long from = Stopwatch.GetTimestamp();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect("127.0.0.1", page.Port);
        socket.Send(request);
        socket.Receive(one);
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }

    /// <summary>A browser that never saw the page: from the navigation to the first tile that can be touched.</summary>
    private static async Task<List<double>> InteractiveAsync(ControlSocket socket)
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        List<double> samples = [];
        for (int start = 0; start < ColdStarts; start++)
        {
            await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = "/usr/bin/chromium",
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
            IPage page = await browser.NewPageAsync();

            // The page says it by itself: a question from outside is a script that it would have to run first.
            await page.AddInitScriptAsync("new MutationObserver((_, observer) => { if (document.querySelector('.tile-open')) { observer.disconnect(); console.log(performance.now()); } }).observe(document, { childList: true, subtree: true });");
            socket.Send(new MintToken { Role = ClientRole.System, Once = true });
            string url = socket.Read<TokenReply>().Url!;
            IConsoleMessage ready = await page.RunAndWaitForConsoleMessageAsync(
                () => page.GotoAsync(url, new PageGotoOptions { WaitUntil = WaitUntilState.Commit }),
                new PageRunAndWaitForConsoleMessageOptions { Predicate = message => message.Type == "log" });
            samples.Add(double.Parse(ready.Text, CultureInfo.InvariantCulture));
        }

        return samples;
    }

    /// <summary>One that sends, and sixty that hear it.</summary>
    private sealed class Fan : IDisposable
    {
        private readonly RawWebSocket _sender;
        private readonly List<RawWebSocket> _hearers = [];

        public Fan(int port, string path, string? hello)
        {
            _sender = Connect(port, path, hello);
            for (int i = 0; i < Clients; i++)
            {
                _hearers.Add(Connect(port, path, hello));
            }
        }

        /// <summary>Milliseconds from the write until the last client has it.</summary>
        public double Broadcast(int turn)
        {
            DateTime from = DateTime.UtcNow, last = from;
            _sender.Send(string.Create(CultureInfo.InvariantCulture, $$"""{"type":"PANEL_GESTURE","gesture_type":1,"fingers":3,"dx":{{turn}},"dy":0.5}"""));

            // The one that is told last is read first: a reader that wakes for each of the others would run beside the server.
            for (int i = _hearers.Count - 1; i >= 0; i--)
            {
                _hearers[i].ReadUntil("NAVIGATION_GESTURE"u8);
                last = last > _hearers[i].Arrived ? last : _hearers[i].Arrived;
            }

            return (last - from).TotalMilliseconds;
        }

        public void Dispose()
        {
            _sender.Dispose();
            _hearers.ForEach(hearer => hearer.Dispose());
        }

        private static RawWebSocket Connect(int port, string path, string? hello)
        {
            RawWebSocket socket = new(port, path);
            if (hello is not null)
            {
                socket.Send(hello);
                socket.ReadUntil("WELCOME"u8);
            }

            return socket;
        }
    }
}
