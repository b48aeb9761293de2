using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Weft.Core.Apps;

namespace Weft.Runtime.Host;

/// <summary>A checked request: where it goes, by which grant, and the bytes of its head.</summary>
internal sealed class FetchTarget
{
    // Host is ours to say, the rest belong to one connection (RFC 9110 7.6.1) or would make us wait (expect).
    private static readonly string[] RefusedHeaders =
    [
        "host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "expect",
    ];

    // Names in ASCII, and addresses.
    private static readonly SearchValues<char> HostLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:");

    private FetchTarget(string host, int port, bool isSecure, IPAddress? address, Capability grant, byte[] head, bool expectsBody)
    {
        Host = host;
        Port = port;
        IsSecure = isSecure;
        Address = address;
        Grant = grant;
        Head = head;
        ExpectsBody = expectsBody;
    }

    /// <summary>The name, in ASCII, or an address without brackets.</summary>
    public string Host { get; }

    public int Port { get; }

    public bool IsSecure { get; }

    /// <summary>The address where the URL names one itself.</summary>
    public IPAddress? Address { get; }

    /// <summary>The grant that allows it.</summary>
    public Capability Grant { get; }

    /// <summary>Request line and headers, ready to send.</summary>
    public byte[] Head { get; }

    /// <summary>False for HEAD.</summary>
    public bool ExpectsBody { get; }

    /// <exception cref="FetchException">The request is none, or not granted.</exception>
    public static FetchTarget Check(FetchRequest request, IReadOnlyList<Capability> grants, FetchLimits limits)
    {
        (Uri url, string host) = Parse(request.Url);
        if (url.UserInfo.Length > 0)
        {
            throw Invalid("the URL has a user in it: send an authorization header instead");
        }

        if (url.Port is < 1 or > 65535)
        {
            throw Invalid($"port {url.Port} cannot be connected to");
        }

        CheckMethod(request.Method);
        IPAddress? address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        Capability grant = Find(grants, host, url.Port)
            ?? throw NotGranted(host, url.Port, url.Scheme == Uri.UriSchemeHttps ? 443 : 80);
        if ((request.Body?.Length ?? 0) > limits.Body)
        {
            throw new FetchException(FetchFailure.TooLarge, $"the body has {request.Body!.Value.Length} bytes, at most {limits.Body} are sent");
        }

        byte[] head = Encoding.Latin1.GetBytes(HeadOf(request, url, host));
        return head.Length <= limits.Head
            ? new FetchTarget(host, url.Port, url.Scheme == Uri.UriSchemeHttps, address, grant, head, request.Method != "HEAD")
            : throw new FetchException(FetchFailure.TooLarge, $"URL and headers have {head.Length} bytes, at most {limits.Head} are sent");
    }

    /// <summary>What is not a name of a header, or a method: RFC 9110 5.6.2.</summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True for headers that belong to one connection: neither taken from a guest nor handed to it.</summary>
    public static bool IsRefused(string name)
    {
        foreach (string refused in RefusedHeaders)
        {
            if (refused.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static Capability? Find(IReadOnlyList<Capability> grants, string host, int port)
    {
        foreach (Capability grant in grants)
        {
            if (grant.AllowsFetch(host, port))
            {
                return grant;
            }
        }

        return null;
    }

    private static void CheckMethod(string method)
    {
        if (!IsToken(method) || method.Length > 32 || method is "CONNECT" or "TRACE" or "TRACK")
        {
            throw Invalid($"method '{Printable.Quote(method)}' is not sent");
        }
    }

    private static (Uri Url, string Host) Parse(string text)
    {
        try
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
                && IsWritten(text) && url.IdnHost is { Length: > 0 } host && host.AsSpan().IndexOfAnyExcept(HostLetters) < 0)
            {
                return (url, host);
            }
        }
        catch (UriFormatException)
        {
            // A host that no name can have is noticed only when its ASCII form is asked for.
        }

        throw Invalid($"'{Printable.Quote(text)}' is no http or https URL");
    }

    /// <summary>
    /// The host has no character that is none, invisible or private: what becomes of those on the way to ASCII differs between versions of .NET,
    /// and a person who granted the name has not seen them.
    /// </summary>
    private static bool IsWritten(string url)
    {
        ReadOnlySpan<char> host = url.AsSpan(url.IndexOf("://", StringComparison.Ordinal) is var at && at < 0 ? 0 : at + 3);
        int end = host.IndexOfAny("/?#\\");
        foreach (Rune letter in (end < 0 ? host : host[..end]).EnumerateRunes())
        {
            if (letter == Rune.ReplacementChar || Rune.GetUnicodeCategory(letter) is UnicodeCategory.OtherNotAssigned or UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.PrivateUse)
            {
                return false;
            }
        }

        return true;
    }

    private static string HeadOf(FetchRequest request, Uri url, string name)
    {
        StringBuilder head = new();
        head.Append(request.Method).Append(' ').Append(url.PathAndQuery.Length > 0 ? url.PathAndQuery : "/").Append(" HTTP/1.1\r\nhost: ");
        string host = url.HostNameType == UriHostNameType.IPv6 ? $"[{IPAddress.Parse(name)}]" : name;
        head.Append(url.IsDefaultPort ? host : $"{host}:{url.Port}").Append("\r\nconnection: close\r\n");
        bool saysAgent = false;
        bool saysAccept = false;
        bool saysEncoding = false;
        foreach ((string header, string value) in request.Headers)
        {
            Append(head, header, value, request.Body);
            saysAgent |= header.Equals("user-agent", StringComparison.OrdinalIgnoreCase);
            saysAccept |= header.Equals("accept", StringComparison.OrdinalIgnoreCase);
            saysEncoding |= header.Equals("accept-encoding", StringComparison.OrdinalIgnoreCase);
        }

        head.Append(saysAgent ? "" : "user-agent: Weft\r\n").Append(saysAccept ? "" : "accept: */*\r\n");

        // Nothing is unpacked here: only a guest that says so gets packed bytes.
        head.Append(saysEncoding ? "" : "accept-encoding: identity\r\n");
        if (request.Body is { } body || request.Method is "POST" or "PUT" or "PATCH")
        {
            head.Append("content-length: ").Append(request.Body?.Length ?? 0).Append("\r\n");
        }

        return head.Append("\r\n").ToString();
    }

    private static void Append(StringBuilder head, string name, string value, ReadOnlyMemory<byte>? body)
    {
        if (!IsToken(name))
        {
            throw Invalid($"'{Printable.Quote(name)}' is no name of a header");
        }

        if (IsRefused(name))
        {
            throw Invalid($"header '{name}' is Weft's to send, not the app's");
        }

        if (name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
        {
            if (value != (body?.Length ?? 0).ToString(CultureInfo.InvariantCulture))
            {
                throw Invalid("header 'content-length' is not the body's length: leave it out");
            }

            return;
        }

        foreach (char c in value)
        {
            // Line breaks would begin a header of their own; NUL and other controls are read differently by every server.
            if ((c < ' ' && c != '\t') || c is '\x7F' or > '\xFF')
            {
                throw Invalid($"header '{name}' has a character that no header can have");
            }
        }

        head.Append(name).Append(": ").Append(value.Trim(' ', '\t')).Append("\r\n");
    }

    private static FetchException Invalid(string message) => new(FetchFailure.Invalid, $"fetch: {message}");

    private static FetchException NotGranted(string host, int port, int defaultPort)
    {
        string shown = host.Contains(':') ? $"[{host}]" : host;
        string capability = port == defaultPort && port is 80 or 443 ? $"net:fetch:{shown}" : $"net:fetch:{shown}:{port}";
        return new FetchException(FetchFailure.NotGranted, $"fetch: {shown}:{port} needs capability {capability}", capability);
    }
}
