using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Weft.Appd.Web;

/// <summary>Turns an HTTP request into a WebSocket (RFC 6455, 4.2). No extension is ever agreed on, so nothing is compressed.</summary>
internal static class WebSocketHandshake
{
    private const string Version = "13";
    private const int KeyLength = 16; // bytes

    /// <summary>The upgraded stream; null where the request was answered otherwise.</summary>
    public static async Task<Stream?> AcceptAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        IHttpUpgradeFeature? upgrade = context.Features.Get<IHttpUpgradeFeature>();
        bool asksForWebSocket = headers.Upgrade.ToString().Split(',', StringSplitOptions.TrimEntries).Contains("websocket", StringComparer.OrdinalIgnoreCase);
        if (upgrade is not { IsUpgradableRequest: true } || !asksForWebSocket || !HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Upgrade = "websocket";
            await Plain.SendAsync(context, StatusCodes.Status426UpgradeRequired, "this is a WebSocket");
            return null;
        }

        if (headers.SecWebSocketVersion.ToString() != Version)
        {
            context.Response.Headers.SecWebSocketVersion = Version;
            await Plain.SendAsync(context, StatusCodes.Status426UpgradeRequired, $"WebSocket version {Version} is spoken here");
            return null;
        }

        string key = headers.SecWebSocketKey.ToString();
        Span<byte> decoded = stackalloc byte[KeyLength + 2];
        if (!Convert.TryFromBase64String(key, decoded, out int length) || length != KeyLength)
        {
            await Plain.SendAsync(context, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is 16 bytes in base64");
            return null;
        }

        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.SecWebSocketAccept = Answer(key);
        return await upgrade.UpgradeAsync();
    }

#pragma warning disable CA5350 // RFC 6455 asks for SHA-1; nothing secret is protected by it.
    private static string Answer(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
