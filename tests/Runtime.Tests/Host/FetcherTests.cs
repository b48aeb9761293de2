using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Core.Apps;
using Weft.Linux;
using Weft.Runtime.Host;

namespace Runtime.Tests.Host;

public sealed class FetcherTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly FetchLimits Short = new() { Connect = TimeSpan.FromMilliseconds(300), Total = TimeSpan.FromMilliseconds(600) };

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public FetcherTests() => _server.Start();

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_granted_host_is_fetched()
    {
        List<string> used = [];
        using Fetcher fetcher = new(Grants($"net:fetch:app.example:{Port}", "net:fetch:local"), TimeProvider.System, new Names(("app.example", "127.0.0.1")))
        {
            Used = grant => used.Add(grant.Text),
        };
        Task<string> asked = ServeAsync("HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
        FetchResponse response = await fetcher.FetchAsync(new FetchRequest($"http://app.example:{Port}/path", "POST", [new("x-own", "1")], "body"u8.ToArray())).WaitAsync(Deadline);
        Assert.Equal((200, "1", "hello"), (response.Status, response.Header("x-one"), Encoding.UTF8.GetString(response.Body)));
        string head = await asked;
        Assert.StartsWith($"POST /path HTTP/1.1\r\nhost: app.example:{Port}\r\n", head, StringComparison.Ordinal);
        Assert.EndsWith("\r\ncontent-length: 4\r\n\r\nbody", head, StringComparison.Ordinal);
        Assert.Equal([$"net:fetch:app.example:{Port}"], used);
    }

    [Fact]
    public async Task Whatever_goes_wrong_the_guest_hears_of_it_and_the_next_fetch_has_its_place()
    {
        using Fetcher fetcher = new(Grants("net:fetch:*"), TimeProvider.System, new Broken(), new FetchLimits { AtOnce = 1 });
        for (int i = 0; i < 2; i++)
        {
            FetchException error = await FailAsync(fetcher, "http://app.example/");
            Assert.Equal((FetchFailure.Unreachable, "fetch: app.example: no memory"), (error.Failure, error.Message));
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("::1", "loopback")]
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData("64:ff9b::7f00:1", "loopback")]
    [InlineData("169.254.169.254", "link-local")]
    [InlineData("fe80::1", "link-local")]
    [InlineData("10.0.0.1", "private")]
    [InlineData("172.16.0.1", "private")]
    [InlineData("192.168.0.1", "private")]
    [InlineData("100.64.0.1", "shared (100.64/10)")]
    [InlineData("fd00::1", "unique-local")]
    public async Task A_name_that_leads_to_the_machine_or_its_networks_needs_the_local_grant(string address, string kind)
    {
        using Fetcher fetcher = new(Grants("net:fetch:*"), TimeProvider.System, new Names(("evil.example", address)));
        FetchException error = await FailAsync(fetcher, "http://evil.example/");
        Assert.Equal((FetchFailure.ForbiddenAddress, "net:fetch:local"), (error.Failure, error.Capability));
        Assert.Equal($"fetch: evil.example is {address}, a {kind} address: that needs capability net:fetch:local besides", error.Message);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.0.0.1")]
    [InlineData("::")]
    [InlineData("224.0.0.1")]
    [InlineData("ff02::1")]
    [InlineData("255.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("2001:0:4136:e378:8000:63bf:80ff:fffe")]
    public async Task A_name_that_leads_nowhere_good_is_refused_even_with_the_local_grant(string address)
    {
        using Fetcher fetcher = new(Grants("net:fetch:*", "net:fetch:local"), TimeProvider.System, new Names(("evil.example", address)));
        FetchException error = await FailAsync(fetcher, "http://evil.example/");
        Assert.Equal((FetchFailure.ForbiddenAddress, null), (error.Failure, error.Capability));
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.0.0.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://localhost/")]
    public async Task The_machine_itself_is_refused_however_it_is_written(string url)
    {
        using Fetcher fetcher = new(Grants("net:fetch:*"), TimeProvider.System);
        Assert.Equal(FetchFailure.ForbiddenAddress, (await FailAsync(fetcher, url)).Failure);
    }

    [Fact]
    public async Task One_forbidden_address_among_good_ones_condemns_the_name()
    {
        using Fetcher fetcher = new(Grants("net:fetch:*"), TimeProvider.System, new Names(("evil.example", "93.184.216.34"), ("evil.example", "127.0.0.1")));
        Assert.Contains("evil.example is 127.0.0.1, a loopback address", (await FailAsync(fetcher, "http://evil.example/")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_changes_between_check_and_connect_is_connected_to_what_was_checked()
    {
        // A second lookup would answer 127.0.0.2, where another server waits on the same port.
        using TcpListener other = new(IPAddress.Parse("127.0.0.2"), Port);
        other.Start();
        Rebinding names = new("127.0.0.1", "127.0.0.2");
        using Fetcher fetcher = new(Grants($"net:fetch:*:{Port}", "net:fetch:local"), TimeProvider.System, names);
        Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
        Assert.Equal(204, (await fetcher.FetchAsync(new FetchRequest($"http://evil.example:{Port}/", "GET", [])).WaitAsync(Deadline)).Status);
        await asked;
        Assert.Equal(1, names.Asked);
        Assert.False(other.Pending());
    }

    [Fact]
    public async Task A_name_is_checked_again_for_each_fetch()
    {
        Rebinding names = new("127.0.0.1", "0.0.0.0");
        using Fetcher fetcher = new(Grants($"net:fetch:*:{Port}", "net:fetch:local"), TimeProvider.System, names);
        Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
        Assert.Equal(204, (await fetcher.FetchAsync(new FetchRequest($"http://evil.example:{Port}/", "GET", [])).WaitAsync(Deadline)).Status);
        await asked;
        Assert.Equal(FetchFailure.ForbiddenAddress, (await FailAsync(fetcher, $"http://evil.example:{Port}/")).Failure);
        Assert.Equal(2, names.Asked);
        Assert.False(_server.Pending());
    }

    [Fact]
    public async Task A_redirect_to_a_forbidden_place_is_only_a_reply()
    {
        using Fetcher fetcher = Local();
        Task<string> asked = ServeAsync($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{Port}/again\r\nContent-Length: 0\r\n\r\n");
        FetchResponse response = await fetcher.FetchAsync(Get("/")).WaitAsync(Deadline);
        Assert.Equal((302, $"http://127.0.0.1:{Port}/again"), (response.Status, response.Header("location")));
        await asked;
        Assert.False(_server.Pending());
    }

    [Fact]
    public async Task No_proxy_of_the_environment_is_used()
    {
        using TcpListener proxy = new(IPAddress.Loopback, 0);
        proxy.Start();
        string[] names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
        foreach (string name in names)
        {
            Environment.SetEnvironmentVariable(name, $"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}");
        }

        try
        {
            using Fetcher fetcher = Local();
            Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
            Assert.Equal(204, (await fetcher.FetchAsync(Get("/")).WaitAsync(Deadline)).Status);
            Assert.StartsWith("GET / HTTP/1.1", await asked, StringComparison.Ordinal);
            Assert.False(proxy.Pending());
        }
        finally
        {
            foreach (string name in names)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    [Fact]
    public async Task Packed_bytes_stay_packed()
    {
        using Fetcher fetcher = Local();
        Task<string> asked = ServeAsync("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u001f\u008b\u0008");
        FetchResponse response = await fetcher.FetchAsync(Get("/")).WaitAsync(Deadline);
        Assert.Equal([0x1f, 0x8b, 8], response.Body);
        Assert.Contains("accept-encoding: identity", await asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_16_MiB_arrives_and_one_byte_more_does_not()
    {
        const int Most = 16 << 20;
        using Fetcher fetcher = Local();
        Task<string> asked = ServeAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Most}\r\n\r\n", new byte[Most]);
        Assert.Equal(Most, (await fetcher.FetchAsync(Get("/")).WaitAsync(Deadline)).Body.Length);
        await asked;

        // Without a length, so that the bytes have to be counted.
        asked = ServeAsync("HTTP/1.1 200 OK\r\n\r\n", new byte[Most + 1]);
        Assert.Equal(FetchFailure.TooLarge, (await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Get("/")))).Failure);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        using Fetcher fetcher = Local(Short);
        FetchException error = await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Get("/")).WaitAsync(Deadline));
        Assert.Equal((FetchFailure.TimedOut, "fetch: not done within 0.6 s"), (error.Failure, error.Message));
    }

    [Fact]
    public async Task A_server_that_drips_is_given_up()
    {
        using Fetcher fetcher = Local(Short);
        Task drip = Task.Run(async () =>
        {
            using Socket peer = await _server.AcceptSocketAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
            try
            {
                while (true)
                {
                    await peer.SendAsync(new byte[1]);
                    await Task.Delay(20);
                }
            }
            catch (SocketException)
            {
                // It hung up: that is what is wanted.
            }
        });
        Assert.Equal(FetchFailure.TimedOut, (await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Get("/")).WaitAsync(Deadline))).Failure);
        await drip.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_resolver_that_never_answers_is_given_up()
    {
        using ManualResetEventSlim never = new();
        using Fetcher fetcher = new(Grants("net:fetch:*"), TimeProvider.System, new Silent(never), Short);
        FetchException error = await FailAsync(fetcher, "http://slow.example/");
        Assert.Equal((FetchFailure.TimedOut, "fetch: slow.example did not resolve within 0.3 s"), (error.Failure, error.Message));
        never.Set();
    }

    [Fact]
    public async Task Cancelling_hangs_up()
    {
        using Fetcher fetcher = Local();
        using CancellationTokenSource stop = new();
        Task<Socket> accepting = _server.AcceptSocketAsync();
        Task fetching = fetcher.FetchAsync(Get("/"), stop.Token);
        using Socket peer = await accepting.WaitAsync(Deadline);
        byte[] buffer = new byte[4096];
        await peer.ReceiveAsync(buffer);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching.WaitAsync(Deadline));
        Assert.Equal(0, await peer.ReceiveAsync(buffer).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Too_many_at_once_are_refused_and_a_finished_one_makes_room()
    {
        using Fetcher fetcher = Local(new FetchLimits { AtOnce = 2 });
        using CancellationTokenSource stop = new();
        Task first = fetcher.FetchAsync(Get("/1"), stop.Token);
        Task second = fetcher.FetchAsync(Get("/2"), stop.Token);
        Assert.Equal(FetchFailure.Busy, (await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Get("/3")))).Failure);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        (await _server.AcceptSocketAsync()).Dispose();
        (await _server.AcceptSocketAsync()).Dispose();
        Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
        Assert.Equal(204, (await fetcher.FetchAsync(Get("/4")).WaitAsync(Deadline)).Status);
        await asked;
    }

    [Fact]
    public async Task Nobody_there_and_no_such_name_are_told_apart()
    {
        _server.Stop();
        using Fetcher fetcher = new(Grants("net:fetch:*", "net:fetch:local", $"net:fetch:*:{PortOfNobody()}"), TimeProvider.System, new Names(("app.example", "127.0.0.1")));
        FetchException error = await FailAsync(fetcher, $"http://app.example:{PortOfNobody()}/");
        Assert.Equal(FetchFailure.Unreachable, error.Failure);
        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
        Assert.Equal(FetchFailure.UnknownHost, (await FailAsync(fetcher, "http://missing.example/")).Failure);
    }

    [Fact]
    public async Task A_silent_address_leaves_time_for_the_next()
    {
        // TEST-NET addresses are refused, so a listener whose queue is full plays the one that is silent.
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), Port));
        full.Listen(0);
        using Socket one = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await one.ConnectAsync(full.LocalEndPoint!);
        using Socket two = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            two.Connect(full.LocalEndPoint!);
        }
        catch (SocketException)
        {
            // It goes on in the background and keeps the queue full.
        }

        using Fetcher fetcher = new(Grants($"net:fetch:*:{Port}", "net:fetch:local"), TimeProvider.System, new Names(("app.example", "127.0.0.2"), ("app.example", "127.0.0.1")),
            new FetchLimits { Connect = TimeSpan.FromSeconds(1) });
        Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
        Assert.Equal(204, (await fetcher.FetchAsync(new FetchRequest($"http://app.example:{Port}/", "GET", [])).WaitAsync(Deadline)).Status);
        await asked;
    }

    [Fact]
    public async Task Nothing_stays_open()
    {
        using Fetcher fetcher = Local();
        int before = 0;
        for (int i = 0; i < 20; i++)
        {
            Task<string> asked = ServeAsync("HTTP/1.1 204 No\r\n\r\n");
            await fetcher.FetchAsync(Get("/")).WaitAsync(Deadline);
            await asked;
            before = i == 2 ? Sockets() : before;
        }

        Assert.InRange(Sockets(), 0, before + 2);

        static int Sockets() => Directory.GetFiles("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
    }

    private static List<Capability> Grants(params string[] grants) => [.. grants.Select(Capability.Parse)];

    private static async Task<FetchException> FailAsync(Fetcher fetcher, string url)
        => await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(new FetchRequest(url, "GET", [])).WaitAsync(Deadline));

    private static int PortOfNobody() => 9; // discard

    private Fetcher Local(FetchLimits? limits = null) => new(Grants($"net:fetch:*:{Port}", "net:fetch:local"), TimeProvider.System, limits: limits);

    private FetchRequest Get(string path) => new($"http://127.0.0.1:{Port}{path}", "GET", []);

    /// <summary>Answers one connection and returns what it was asked.</summary>
    private async Task<string> ServeAsync(string head, byte[]? body = null)
    {
        using Socket peer = await _server.AcceptSocketAsync();
        byte[] buffer = new byte[64 << 10];
        int count = 0;
        string asked;
        do
        {
            int more = await peer.ReceiveAsync(buffer.AsMemory(count));
            count += more;
            asked = Encoding.Latin1.GetString(buffer, 0, count);
        }
        while (!asked.Contains("\r\n\r\n", StringComparison.Ordinal) || (asked.StartsWith("POST", StringComparison.Ordinal) && !asked.EndsWith("body", StringComparison.Ordinal)));

        try
        {
            await peer.SendAsync(Encoding.Latin1.GetBytes(head));
            await peer.SendAsync(body ?? []);
            peer.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // A client that has had enough hangs up.
        }

        return asked;
    }

    private sealed class Names(params (string Name, string Address)[] table) : IFetchResolver
    {
        public IReadOnlyList<IPAddress> Resolve(string host)
        {
            IPAddress[] found = [.. table.Where(row => row.Name == host).Select(row => IPAddress.Parse(row.Address))];
            return found.Length > 0 ? found : throw new NameLookupException(host, "Name or service not known");
        }
    }

    private sealed class Rebinding(params string[] answers) : IFetchResolver
    {
        public int Asked { get; private set; }

        public IReadOnlyList<IPAddress> Resolve(string host) => [IPAddress.Parse(answers[Math.Min(Asked++, answers.Length - 1)])];
    }

    private sealed class Broken : IFetchResolver
    {
        public IReadOnlyList<IPAddress> Resolve(string host) => throw new InvalidOperationException("no memory");
    }

    private sealed class Silent(ManualResetEventSlim never) : IFetchResolver
    {
        public IReadOnlyList<IPAddress> Resolve(string host)
        {
            never.Wait();
            return [];
        }
    }
}
