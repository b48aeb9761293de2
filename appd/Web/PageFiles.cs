using Microsoft.AspNetCore.Http;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>
/// Serves the page of a session from its package's revision, through the lease's descriptor: what is there never changes, and nothing
/// outside the folder of the page's entry can be reached.
/// </summary>
internal sealed class PageFiles(SessionPages pages, WebLimits limits, Origins origins)
{
    /// <summary>What a page may load and who may frame it (docs/protocol.md, "Pages").</summary>
    public string Policy { get; } =
        $"default-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://localhost:{origins.Port}; frame-ancestors {origins.System}";

    /// <summary>Answers a request for <paramref name="label"/>'s origin.</summary>
    public async Task ServeAsync(HttpContext context, string label)
    {
        SessionPage? page = pages.Borrow(label);
        if (page is null)
        {
            await Plain.SendAsync(context, StatusCodes.Status404NotFound, "no session has this page (any more)");
            return;
        }

        using PackageLease lease = page.Lease;
        if (!await Plain.AllowAsync(context, "GET", "HEAD"))
        {
            return;
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        string path = PathOf(page, context.Request.Path.Value ?? "/");
        Descriptor file;
        try
        {
            file = lease.OpenFile(path);
        }
        catch (PackageException e) when (e.Code == StatusCodes.Status404NotFound)
        {
            await Plain.SendAsync(context, StatusCodes.Status404NotFound, "the package has no such file");
            return;
        }

        using (file)
        {
            string type = ContentTypes.Of(path);
            if (type == ContentTypes.Html)
            {
                byte[] html = Files.ReadAll(file, limits.HtmlBytes);
                await FileReply.SendSecretAsync(context, HtmlBridge.Insert(html, page, origins.Port), HtmlBridge.ContentType(html));
            }
            else
            {
                // The revision is named by its content, so revision and path name the file's content.
                await FileReply.SendAsync(context, file, type, $"\"{lease.Package.Digest.Hex[..32]}\"");
            }
        }
    }

    private static string PathOf(SessionPage page, string asked)
    {
        if (asked is "/" or "")
        {
            return page.Entry;
        }

        int folder = page.Entry.LastIndexOf('/');
        string relative = asked.TrimStart('/');
        string path = folder < 0 ? relative : $"{page.Entry[..folder]}/{relative}";
        return path.EndsWith('/') ? path + "index.html" : path;
    }
}
