using Microsoft.AspNetCore.Http;

namespace Weft.Appd.Web;

/// <summary>Short answers in plain text.</summary>
internal static class Plain
{
    public static async Task SendAsync(HttpContext context, int status, string text)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.WriteAsync(text + "\n", context.RequestAborted);
        }
    }

    /// <summary>False, and answered 405, where the method is none of those, in capitals as they are.</summary>
    public static async ValueTask<bool> AllowAsync(HttpContext context, params string[] methods)
    {
        if (methods.Contains(context.Request.Method, StringComparer.Ordinal))
        {
            return true;
        }

        string allowed = string.Join(", ", methods);
        context.Response.Headers.Allow = allowed;
        await SendAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not possible here; {allowed} is");
        return false;
    }
}
