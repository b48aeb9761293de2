using Microsoft.AspNetCore.Http;
using Weft.Appd.Apps;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>
/// The packages' icons, on the UI's origin at <c>/icons/&lt;app id&gt;/&lt;digest&gt;</c>. They come from apps, so only pictures are
/// served, and a policy makes them inert where somebody opens one as a page (an SVG can hold scripts).
/// </summary>
internal sealed class Icons(Catalogue catalogue, WebLimits limits)
{
    public const string Path = "/icons/";

    public async Task ServeAsync(HttpContext context)
    {
        if (!await Plain.AllowAsync(context, "GET", "HEAD"))
        {
            return;
        }

        string[] parts = context.Request.Path.Value![Path.Length..].Split('/');
        (Descriptor File, string Path)? icon = parts.Length == 2 && parts[1].All(char.IsAsciiHexDigitLower) && AppId.TryParse(parts[0], out AppId app) ? Open(app) : null;
        using Descriptor? file = icon?.File;
        string? type = icon is { } found ? TypeOf(found.Path) : null;
        if (file is null || type is null || Files.Stat(file) is not { Type: FileType.Regular } facts || facts.Size > limits.IconBytes)
        {
            await Plain.SendAsync(context, StatusCodes.Status404NotFound, "there is no such icon");
            return;
        }

        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        await FileReply.SendAsync(context, file, type, $"\"{parts[1]}\"");
    }

    private static string? TypeOf(string path) => System.IO.Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".png" => "image/png",
        ".svg" => "image/svg+xml",
        _ => null,
    };

    private (Descriptor File, string Path)? Open(AppId app)
    {
        try
        {
            return catalogue.OpenIcon(app);
        }
        catch (Exception e) when (e is ControlException or IOException)
        {
            return null;
        }
    }
}
