using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weft.Appd.Apps;
using Weft.Appd.Control;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>What the web door is made of.</summary>
internal sealed record WebParts
{
    public required Announcements Announcements { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public required WebLimits Limits { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The port that was asked for; 0: any.</summary>
    public required int Port { get; init; }

    /// <summary>appd.wsport.</summary>
    public required string PortFile { get; init; }

    /// <summary>appd.systoken.</summary>
    public required string SystemTokenFile { get; init; }

    public required string StateRoot { get; init; }

    /// <summary>Folder of the system UI; null where it is not installed.</summary>
    public string? SystemUiFolder { get; init; }
}

/// <summary>
/// The web door: Kestrel on both loopback addresses, by hand and without a host around it. Where the port cannot be had, that is a
/// degraded part with a reason, and the Unix socket serves on.
/// </summary>
internal sealed partial class WebServer : IAsyncDisposable
{
    private readonly WebParts _parts;
    private readonly ILogger<WebServer> _logger;
    private LoopbackPort? _port;
    private KestrelServer? _kestrel;
    private WebRouter? _router;
    private string? _problem;

    public WebServer(WebParts parts)
    {
        _parts = parts;
        _logger = parts.Loggers.CreateLogger<WebServer>();
        Pages = new SessionPages(SecretKey.ReadOrMake(Path.Combine(parts.StateRoot, "pages.key")), parts.Limits, parts.Announcements, () => Port);
        Credentials = new Credentials(
            SecretKey.ReadOrMake(Path.Combine(parts.StateRoot, "credential.key")),
            SystemToken.ReadOrMake(parts.SystemTokenFile),
            parts.Announcements,
            parts.Limits,
            parts.Time,
            () => Port);
        parts.Announcements.Unheard = Keep;
    }

    /// <summary>Makes and checks tokens; works without the port too.</summary>
    public Credentials Credentials { get; }

    public SessionPages Pages { get; }

    /// <summary>The port that is open; null while there is none. Bound by <see cref="Bind"/>, so pages have an address before they are served.</summary>
    public int? Port => _port?.Number;

    /// <summary>WebSockets connected now.</summary>
    public int Connections => _router?.Connections ?? 0;

    /// <summary>Takes the port and writes it down. A port that cannot be had is said and kept for <see cref="Parts"/>; nothing is thrown.</summary>
    public void Bind()
    {
        try
        {
            _port = LoopbackPort.Bind(_parts.Port, _parts.PortFile);
        }
        catch (Exception e) when (e is PortException or SocketException)
        {
            _problem = e.Message;
            Log.NoPort(_logger, e.Message);
            return;
        }

        try
        {
            Files.WriteAtomically(_parts.PortFile, Encoding.ASCII.GetBytes(_port.Number.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
        catch (IOException e)
        {
            Log.NoPortFile(_logger, e.Message);
        }
    }

    /// <summary>Begins to serve the port that <see cref="Bind"/> took; connections that came meanwhile have waited in its backlog.</summary>
    public async Task StartAsync(ControlCore core, Greeting greeting, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (_port is null)
        {
            return;
        }

        var origins = new Origins(_port.Number);
        _router = new WebRouter(
            core,
            new WebSocketDoor(Credentials, Pages, greeting, catalogue),
            new SystemUi(_parts.SystemUiFolder, origins),
            new Icons(catalogue, _parts.Limits),
            new PageFiles(Pages, _parts.Limits, origins),
            origins);
        _kestrel = new KestrelServer(Options.Create(Configure(_port)), new LoopbackTransport(_port, core, _parts.Loggers), _parts.Loggers);
        await _kestrel.StartAsync(new Application(_router, _logger), cancellationToken);
        Log.Serves(_logger, origins.System);
    }

    /// <summary>For STATUS and doctor.</summary>
    public IEnumerable<StatusPart> Parts()
    {
        yield return Port is { } port
            ? new StatusPart { Part = "web", State = PartState.Present, Detail = $"http://localhost:{port}/" }
            : new StatusPart { Part = "web", State = PartState.Missing, Detail = _problem ?? "not started", Remedy = "free the port or set WEFT_APPD_WS_PORT, then restart weft-appd" };
        yield return _parts.SystemUiFolder is { } folder
            ? new StatusPart { Part = "system UI", State = PartState.Present, Detail = folder }
            : new StatusPart { Part = "system UI", State = PartState.Missing, Detail = "no share/weft beside the daemon and none in /usr/share/weft", Remedy = "./dev publish makes an install tree" };
    }

    /// <summary>Ends all requests, closes the port and removes the port file. The core has been stopped before, so WebSockets are ending.</summary>
    public async ValueTask DisposeAsync()
    {
        (KestrelServer? kestrel, _kestrel) = (_kestrel, null);
        (LoopbackPort? port, _port) = (_port, null);
        if (kestrel is not null)
        {
            using var deadline = new CancellationTokenSource(_parts.Limits.StopDeadline, _parts.Time);
            await kestrel.StopAsync(deadline.Token);
            kestrel.Dispose();
        }

        if (port is not null)
        {
            port.Dispose();
            Files.Unlink(_parts.PortFile);
        }
    }

    private KestrelServerOptions Configure(LoopbackPort port)
    {
        WebLimits limits = _parts.Limits;
        var options = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        options.Limits.MaxConcurrentConnections = limits.Connections;
        options.Limits.MaxConcurrentUpgradedConnections = null; // the router answers 503 itself
        options.Limits.MaxRequestBodySize = limits.BodyBytes;
        options.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
        options.Limits.RequestHeadersTimeout = limits.HeadersDeadline;
        options.Limits.KeepAliveTimeout = limits.KeepAlive;
        foreach (Socket socket in port.Sockets)
        {
            options.Listen((IPEndPoint)socket.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
        }

        return options;
    }

    private void Keep(SessionId session, PageMessage message)
    {
        if (!Pages.Keep(session, message))
        {
            Log.PageAway(_logger, session);
        }
    }

    /// <summary>The thinnest application there is: one function of a request.</summary>
    private sealed class Application(WebRouter router, ILogger logger) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public async Task ProcessRequestAsync(HttpContext context)
        {
            try
            {
                await router.ServeAsync(context);
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                // Kestrel found the mistake while the body was read.
                await Plain.SendAsync(context, e.StatusCode, e.Message);
            }
            catch (OperationCanceledException)
            {
                // The peer has left.
            }
#pragma warning disable CA1031 // The top of a request: whatever it threw is an answer, never the end of the daemon.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.Failed(logger, context.Request.Path.Value ?? "", e);
                if (context.Response.HasStarted)
                {
                    context.Abort();
                }
                else
                {
                    await Plain.SendAsync(context, StatusCodes.Status500InternalServerError, "the host failed; its log says more");
                }
            }
        }

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1460, LogLevel.Error, "The web port cannot be opened, the Unix socket serves on: {Reason}")]
        public static partial void NoPort(ILogger logger, string reason);

        [LoggerMessage(1461, LogLevel.Warning, "The port file could not be written: {Reason}")]
        public static partial void NoPortFile(ILogger logger, string reason);

        [LoggerMessage(1462, LogLevel.Information, "The system UI is at {Address}/")]
        public static partial void Serves(ILogger logger, string address);

        [LoggerMessage(1463, LogLevel.Warning, "A message of session {SessionId} was lost: its page is away and too much waits for it")]
        public static partial void PageAway(ILogger logger, SessionId sessionId);

        [LoggerMessage(1464, LogLevel.Error, "GET {Path} failed")]
        public static partial void Failed(ILogger logger, string path, Exception failure);
    }
}
