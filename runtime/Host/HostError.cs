namespace Weft.Runtime.Host;

/// <summary>Why the host did not do what a guest asked: the error of JSON-RPC, the text of a component's <c>result</c>.</summary>
internal sealed record HostError(int Code, string Message)
{
    /// <summary>The call needs a capability that the app does not hold; the message names it.</summary>
    public const int NotGranted = -32001;

    /// <summary>A queue is full: nothing was sent.</summary>
    public const int QueueFull = -32002;

    /// <summary>weft-appd is away, or there is none.</summary>
    public const int Unavailable = -32003;

    /// <summary>The fetch failed; the message says at what.</summary>
    public const int FetchFailed = -32004;

    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParameters = -32602;

    public static HostError Ungranted(string capability, string? message = null) =>
        new(NotGranted, message is not null && message.Contains(capability, StringComparison.Ordinal) ? message : $"not granted: this needs the capability {capability}");

    public static HostError Full(string queue) => new(QueueFull, $"{queue} is full; try again later");
}
