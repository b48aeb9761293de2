using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>Answers GET and HEAD with a file or bytes: ETag, not modified, one range, no more than was asked.</summary>
internal static class FileReply
{
    private const int Block = 64 * 1024; // bytes read and sent at a time

    /// <summary>Sends an open file, from its descriptor alone.</summary>
    /// <param name="etag">With its quotes; the same content always has the same.</param>
    public static async Task SendAsync(HttpContext context, Descriptor file, string contentType, string etag)
    {
        HttpResponse response = context.Response;
        long size = Files.Stat(file).Size;
        response.Headers.ContentType = contentType;
        response.Headers.ETag = etag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.AcceptRanges = "bytes";
        if (Matches(context.Request.Headers.IfNoneMatch.ToString(), etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        (long first, long length) = (0, size);
        string range = context.Request.Headers.Range.ToString();
        string ifRange = context.Request.Headers.IfRange.ToString();
        if (range.Length > 0 && (ifRange.Length == 0 || ifRange == etag) && HttpMethods.IsGet(context.Request.Method))
        {
            if (!RangeHeaderValue.TryParse(range, out RangeHeaderValue? asked) || asked.Unit != "bytes" || asked.Ranges.Count != 1)
            {
                // Several ranges, or no range at all: the whole is a right answer too (RFC 9110, 14.2).
            }
            else if (!Within(asked.Ranges.First(), size, out first, out length))
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
                return;
            }
            else
            {
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{first + length - 1}/{size}");
            }
        }

        response.ContentLength = length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        while (length > 0)
        {
            Memory<byte> block = response.BodyWriter.GetMemory(Block);
            int read = Files.ReadAt(file, block.Span[..(int)Math.Min(block.Length, length)], first);
            if (read == 0)
            {
                throw new EndOfStreamException("a file that is being sent became shorter");
            }

            response.BodyWriter.Advance(read);
            first += read;
            length -= read;
            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>Sends bytes that hold a secret: kept by nobody.</summary>
    public static async Task SendSecretAsync(HttpContext context, ReadOnlyMemory<byte> content, string contentType)
    {
        context.Response.Headers.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(content, context.RequestAborted);
        }
    }

    private static bool Matches(string ifNoneMatch, string etag) =>
        ifNoneMatch.Length > 0 && ifNoneMatch.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == "*" || tag == etag || tag == "W/" + etag);

    private static bool Within(RangeItemHeaderValue range, long size, out long first, out long length)
    {
        if (range.From is { } from)
        {
            first = from;
            length = Math.Min(range.To ?? (size - 1), size - 1) - from + 1;
        }
        else
        {
            length = Math.Min(range.To ?? 0, size);
            first = size - length;
        }

        return length > 0;
    }
}
