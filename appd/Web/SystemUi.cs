using System.Globalization;
using Microsoft.AspNetCore.Http;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>The system UI's files, from its folder of the install tree and nowhere else.</summary>
internal sealed class SystemUi(string? folder, Origins origins)
{
    /// <summary>Own scripts only; frames show pages of sessions; nobody frames the UI.</summary>
    private readonly string _policy =
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws://localhost:{origins.Port}; " +
        $"frame-src http://*.localhost:{origins.Port}; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public async Task ServeAsync(HttpContext context)
    {
        if (!await Plain.AllowAsync(context, "GET", "HEAD"))
        {
            return;
        }

        Harden(context.Response);
        string asked = (context.Request.Path.Value ?? "/").TrimStart('/');
        string path = asked.Length == 0 ? "index.html" : asked;
        using Descriptor? file = folder is null ? null : Open(folder, path);
        if (file is null)
        {
            await Plain.SendAsync(context, StatusCodes.Status404NotFound, folder is null ? "the system UI is not installed" : "there is no such page");
            return;
        }

        FileFacts facts = Files.Stat(file);
        string etag = string.Create(CultureInfo.InvariantCulture, $"\"{facts.Inode:x}-{facts.Size:x}-{facts.WriteTime:x}\"");
        string type = ContentTypes.Of(path);
        await FileReply.SendAsync(context, file, type == ContentTypes.Html ? "text/html; charset=utf-8" : type, etag);
    }

    /// <summary>The headers of everything on the UI's origin.</summary>
    public void Harden(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = _policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Descriptor? Open(string folder, string path)
    {
        if (path.Contains('\0'))
        {
            return null;
        }

        try
        {
            using Descriptor root = Files.Open(folder, OpenFlags.ReadOnly | OpenFlags.Directory);
            Descriptor file = Files.OpenBeneath(root, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            if (Files.Stat(file).Type == FileType.Regular)
            {
                return file;
            }

            file.Dispose();
            return null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
