using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Core.Apps;
using Weft.Runtime.Host;

namespace Runtime.Tests.Host;

public sealed class FetchTlsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-fetch-").FullName;
    private readonly X509Certificate2 _root;
    private readonly string _rootFile;

    public FetchTlsTests()
    {
        _server.Start();
        _root = Root("CN=Weft test root");
        _rootFile = Path.Combine(_folder, "root.pem");
        File.WriteAllText(_rootFile, _root.ExportCertificatePem());
    }

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    public void Dispose()
    {
        _server.Dispose();
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("shop.app.example")]
    [InlineData("*.app.example")]
    public async Task A_server_with_a_trusted_certificate_of_that_name_is_fetched(string name)
    {
        Task<string> asked = ServeAsync(Leaf(_root, name), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        FetchResponse response = await FetchAsync("shop.app.example");
        Assert.Equal("hello", Encoding.UTF8.GetString(response.Body));
        Assert.StartsWith("POST /secret HTTP/1.1", await asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_the_url_must_be_in_the_certificate()
    {
        Task<string> asked = ServeAsync(Leaf(_root, "127.0.0.1"), "HTTP/1.1 204 No\r\n\r\n");
        Assert.Equal(204, (await FetchAsync("127.0.0.1")).Status);
        await asked;

        asked = ServeAsync(Leaf(_root, "127.0.0.2"), "");
        Assert.Equal(FetchFailure.Untrusted, (await FailAsync("127.0.0.1")).Failure);
        Assert.Equal("", await asked);
    }

    [Theory]
    [InlineData("other", "hostname mismatch")]
    [InlineData("expired", "certificate has expired")]
    [InlineData("future", "certificate is not yet valid")]
    [InlineData("foreign", "unable to get local issuer certificate")]
    [InlineData("self", "self-signed certificate")]
    public async Task A_server_that_is_not_who_it_should_be_gets_no_request(string kind, string reason)
    {
        using X509Certificate2 foreign = Root("CN=Somebody else");
        using X509Certificate2 certificate = kind switch
        {
            "other" => Leaf(_root, "other.example"),
            "expired" => Leaf(_root, "app.example", -10, -1),
            "future" => Leaf(_root, "app.example", 1, 10),
            "foreign" => Leaf(foreign, "app.example"),
            _ => Root("CN=app.example"),
        };
        Task<string> asked = ServeAsync(certificate, "HTTP/1.1 200 OK\r\n\r\n");
        FetchException error = await FailAsync("app.example");
        Assert.Equal(FetchFailure.Untrusted, error.Failure);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal("", await asked.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_reply_that_is_cut_off_without_a_proper_end_is_no_reply()
    {
        Task<string> asked = ServeAsync(Leaf(_root, "app.example"), "HTTP/1.1 200 OK\r\n\r\nhalf of i", properEnd: false);
        Assert.Equal(FetchFailure.Unreachable, (await FailAsync("app.example")).Failure);
        await asked;
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_said_to_be_so()
    {
        Task plain = Task.Run(async () =>
        {
            using Socket peer = await _server.AcceptSocketAsync();
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            await peer.ReceiveAsync(new byte[4096]);
        });
        FetchException error = await FailAsync("app.example");
        Assert.Equal(FetchFailure.Unreachable, error.Failure);
        Assert.StartsWith("fetch: TLS handshake with app.example: ", error.Message, StringComparison.Ordinal);
        await plain;
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_given_up_within_the_time_to_connect()
    {
        using Fetcher fetcher = Fetcher(new FetchLimits { Connect = TimeSpan.FromMilliseconds(300) });
        FetchException error = await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Request("app.example")).WaitAsync(Deadline));
        Assert.Equal((FetchFailure.TimedOut, "fetch: no connection within 0.3 s"), (error.Failure, error.Message));
    }

    [Fact]
    public async Task The_systems_roots_do_not_trust_the_tests()
    {
        Task<string> asked = ServeAsync(Leaf(_root, "app.example"), "");
        using Fetcher fetcher = new(Grants(), TimeProvider.System, new Loopback());
        FetchException error = await Assert.ThrowsAsync<FetchException>(() => fetcher.FetchAsync(Request("app.example")).WaitAsync(Deadline));
        Assert.Equal(FetchFailure.Untrusted, error.Failure);
        await asked;
    }

    private List<Capability> Grants() => [Capability.Parse($"net:fetch:*:{Port}"), Capability.Parse("net:fetch:local")];

    private FetchRequest Request(string host) => new($"https://{host}:{Port}/secret", "POST", [], new byte[100_000]);

    private Fetcher Fetcher(FetchLimits? limits = null) => new(Grants(), TimeProvider.System, new Loopback(), limits, _rootFile);

    private async Task<FetchResponse> FetchAsync(string host)
    {
        using Fetcher fetcher = Fetcher();
        return await fetcher.FetchAsync(Request(host)).WaitAsync(Deadline);
    }

    private async Task<FetchException> FailAsync(string host) => await Assert.ThrowsAsync<FetchException>(() => FetchAsync(host));

    /// <summary>Returns what it was asked, empty where the client did not want to.</summary>
    private async Task<string> ServeAsync(X509Certificate2 certificate, string reply, bool properEnd = true)
    {
        using Socket peer = await _server.AcceptSocketAsync();
        await using NetworkStream network = new(peer);
        await using SslStream stream = new(network);
        try
        {
            await stream.AuthenticateAsServerAsync(certificate);
            byte[] buffer = new byte[64 << 10];
            int count = await stream.ReadAsync(buffer);
            string asked = Encoding.Latin1.GetString(buffer, 0, count);
            while (count > 0 && !asked.Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                count = await stream.ReadAsync(buffer);
                asked += Encoding.Latin1.GetString(buffer, 0, count);
            }

            int left = asked.Length > 0 ? 100_000 - (asked.Length - asked.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4) : 0;
            while (left > 0)
            {
                left -= await stream.ReadAsync(buffer);
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply));
            if (properEnd)
            {
                await stream.ShutdownAsync();
            }

            peer.Shutdown(SocketShutdown.Send);
            return asked;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or SocketException)
        {
            return "";
        }
    }

    private static X509Certificate2 Root(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow.AddDays(20));
    }

    private static X509Certificate2 Leaf(X509Certificate2 root, string name, int fromDays = -10, int toDays = 10)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=leaf", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 bare = request.Create(root, DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    private sealed class Loopback : IFetchResolver
    {
        public IReadOnlyList<IPAddress> Resolve(string host) => [IPAddress.Loopback];
    }
}
