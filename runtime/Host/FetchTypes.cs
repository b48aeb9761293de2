namespace Weft.Runtime.Host;

/// <summary>What a guest asks for.</summary>
/// <param name="Url">Absolute, http or https.</param>
/// <param name="Method">A token; CONNECT and TRACE are refused.</param>
/// <param name="Headers">Names may come more than once. Host, hop-by-hop headers and a wrong content-length are refused.</param>
/// <param name="Body">Null for none.</param>
internal sealed record FetchRequest(string Url, string Method, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte>? Body = null);

/// <summary>What came back; any status counts, redirects included (they are not followed).</summary>
/// <param name="Status">100 to 999.</param>
/// <param name="Headers">As sent, less the hop-by-hop ones.</param>
/// <param name="Body">As sent: nothing is decompressed, so nothing grows.</param>
internal sealed record FetchResponse(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>The value of the first header of this name, or empty.</summary>
    public string Header(string name)
    {
        foreach ((string key, string value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return "";
    }
}

/// <summary>Why a fetch failed, as far as callers act on it.</summary>
internal enum FetchFailure
{
    /// <summary>The request is none: URL, method, header.</summary>
    Invalid,

    /// <summary>No grant names host and port; <see cref="FetchException.Capability"/> is the one that would.</summary>
    NotGranted,

    /// <summary>The host is, or resolves to, an address that is never connected to with these grants.</summary>
    ForbiddenAddress,

    /// <summary>The name does not resolve.</summary>
    UnknownHost,

    /// <summary>Nobody could be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>The server is not who it should be.</summary>
    Untrusted,

    /// <summary>The server broke the protocol.</summary>
    BadReply,

    /// <summary>10 s to connect or 30 s in all are over.</summary>
    TimedOut,

    /// <summary>The reply, or the request, is larger than <see cref="FetchLimits"/> allow.</summary>
    TooLarge,

    /// <summary>Too many are under way.</summary>
    Busy,
}

/// <summary>A fetch failed; the message names host and reason and is for the guest and its log.</summary>
internal sealed class FetchException(FetchFailure failure, string message, string? capability = null) : Exception(message)
{
    public FetchFailure Failure { get; } = failure;

    /// <summary>With <see cref="FetchFailure.NotGranted"/> and <see cref="FetchFailure.ForbiddenAddress"/>: the capability that is missing, where there is one.</summary>
    public string? Capability { get; } = capability;
}

/// <summary>The limits of one fetch; the defaults are the contract's (docs/runtime.md).</summary>
internal sealed record FetchLimits
{
    /// <summary>From the name to the end of the TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the last byte.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of a body, in either direction.</summary>
    public int Body { get; init; } = 16 << 20;

    /// <summary>Bytes of a request's or reply's head. Ours: what most servers take is less.</summary>
    public int Head { get; init; } = 64 << 10;

    /// <summary>Fetches at once. Ours: each has a thread and up to a body in memory.</summary>
    public int AtOnce { get; init; } = 8;
}
