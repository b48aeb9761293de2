using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Weft.Appd.Control;

namespace Weft.Appd.Web;

/// <summary>Splits requests by their exact Host and hands each to what serves it (docs/protocol.md, "WebSocket").</summary>
internal sealed partial class WebRouter(ControlCore core, WebSocketDoor door, SystemUi ui, Icons icons, PageFiles pages, Origins origins)
{
    private const string SocketPath = "/appd";
    private const string BootstrapPath = "/auth/bootstrap";

    private readonly Lock _gate = new();
    private int _connections; // guarded by _gate for writing
    private int _others; // guarded by _gate: those that are not the system UI's

    /// <summary>WebSockets connected now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public async Task ServeAsync(HttpContext context)
    {
        switch (origins.Of(context.Request.Headers.Host.ToString(), out string label))
        {
            case HostKind.Page:
                await pages.ServeAsync(context, label);
                break;
            case HostKind.System:
                await ServeSystemAsync(context);
                break;
            case HostKind.Loopback when context.Request.Path == "/" && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)):
                context.Response.StatusCode = StatusCodes.Status302Found;
                context.Response.Headers.Location = origins.System + "/";
                break;
            default:
                await Plain.SendAsync(context, StatusCodes.Status403Forbidden, $"HOST_REFUSED: use {origins.System}/");
                break;
        }
    }

    private async Task ServeSystemAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "/";
        if (path == SocketPath)
        {
            await ServeSocketAsync(context);
        }
        else if (path == BootstrapPath)
        {
            await BootstrapAsync(context);
        }
        else if (path.StartsWith(Icons.Path, StringComparison.Ordinal))
        {
            ui.Harden(context.Response);
            await icons.ServeAsync(context);
        }
        else
        {
            await ui.ServeAsync(context);
        }
    }

    private async Task ServeSocketAsync(HttpContext context)
    {
        if (!await Plain.AllowAsync(context, "GET"))
        {
            return;
        }

        string origin = context.Request.Headers.Origin.ToString();
        string? pageLabel = origins.LabelOf(origin);
        bool isUi = origin == origins.System;
        if (context.Request.Headers.Origin.Count > 0 && !isUi && (pageLabel is null || !door.Pages.Knows(pageLabel)))
        {
            await Plain.SendAsync(context, StatusCodes.Status403Forbidden, "ORIGIN_REFUSED");
            return;
        }

        if (core.Stopping.IsCancellationRequested || !TryEnter(isUi))
        {
            await Plain.SendAsync(context, StatusCodes.Status503ServiceUnavailable, "too many connections; close one");
            return;
        }

        try
        {
            Socket? socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
            if (socket is not null && await WebSocketHandshake.AcceptAsync(context) is { } stream)
            {
                await using (stream)
                {
                    await new WebSocketConnection(core, door, stream, socket, pageLabel).RunAsync();
                }

                // The server would wait for what the peer still sends; there is nothing more to say.
                context.Abort();
            }
        }
        finally
        {
            Leave(isUi);
        }
    }

    /// <summary>Takes a place where one is free. Who is refused never counts, or many of them would keep out the one that has a place.</summary>
    private bool TryEnter(bool isUi)
    {
        lock (_gate)
        {
            // One place is kept for the system UI: whoever takes the others, the kiosk can be used.
            int limit = core.Limits.WebSocketConnections;
            if (_connections >= limit || (!isUi && _others >= limit - 1))
            {
                return false;
            }

            _connections++;
            _others += isUi ? 0 : 1;
            return true;
        }
    }

    private void Leave(bool isUi)
    {
        lock (_gate)
        {
            _connections--;
            _others -= isUi ? 0 : 1;
        }
    }

    private async Task BootstrapAsync(HttpContext context)
    {
        ui.Harden(context.Response);
        if (!await Plain.AllowAsync(context, "POST"))
        {
            return;
        }

        if (context.Request.Headers.Origin.Count > 0 && context.Request.Headers.Origin != origins.System)
        {
            await Plain.SendAsync(context, StatusCodes.Status403Forbidden, "ORIGIN_REFUSED");
            return;
        }

        Bootstrap? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(context.Request.Body, WebJson.Default.Bootstrap, context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or (IOException and not Microsoft.AspNetCore.Http.BadHttpRequestException))
        {
            await Plain.SendAsync(context, StatusCodes.Status400BadRequest, "the body is {\"code\":\"…\"}");
            return;
        }

        string? credential = body?.Code is { } code ? door.Credentials.Redeem(code) : null;
        if (credential is null)
        {
            Log.BadCode(core.Logger);
            await Plain.SendAsync(context, StatusCodes.Status401Unauthorized, "the code is used up, expired or none; `weft ui` makes a new one");
            return;
        }

        await FileReply.SendSecretAsync(context, JsonSerializer.SerializeToUtf8Bytes(new Bootstrapped { Credential = credential }, WebJson.Default.Bootstrapped), "application/json");
    }

    private static partial class Log
    {
        [LoggerMessage(1450, LogLevel.Warning, "A one-use code was refused")]
        public static partial void BadCode(ILogger logger);
    }
}

/// <summary>Body of <c>POST /auth/bootstrap</c>.</summary>
internal sealed record Bootstrap
{
    public string? Code { get; init; }
}

/// <summary>Its answer.</summary>
internal sealed record Bootstrapped
{
    public required string Credential { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Bootstrap))]
[JsonSerializable(typeof(Bootstrapped))]
internal sealed partial class WebJson : JsonSerializerContext;
