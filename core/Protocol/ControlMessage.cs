namespace Weft.Core.Protocol;

/// <summary>
/// A message of the control protocol (docs/protocol.md). One record per message, without <c>type</c>, <c>seq</c> and
/// <c>re</c>: those belong to the envelope and are read and written by <see cref="ControlCodec"/>. The record serves both
/// encodings. Optional fields are nullable: nil is the same as absent.
/// </summary>
public abstract record ControlMessage;

/// <summary>What a client asks.</summary>
public abstract record ControlRequest : ControlMessage;

/// <summary>What appd says: a reply to one client, or a broadcast.</summary>
public abstract record ControlReply : ControlMessage;

/// <summary>A message about one session.</summary>
public interface ISessionMessage
{
    public SessionId SessionId { get; }
}

/// <summary>The codes of <see cref="ErrorReply"/> (docs/protocol.md, "Errors").</summary>
public static class ControlCode
{
    public const int Malformed = 400;
    public const int NotAuthenticated = 401;
    public const int NotAllowed = 403;
    public const int NotFound = 404;
    public const int Conflict = 409;
    public const int TooLarge = 413;

    /// <summary>Another client controls the session.</summary>
    public const int Locked = 423;

    /// <summary>A queue is full, or too many connections.</summary>
    public const int TooMany = 429;

    public const int HostFailed = 500;

    /// <summary>Starting or shutting down.</summary>
    public const int Unavailable = 503;
}

/// <summary>A request that is answered with <c>ERROR {code, message}</c>. The message names operation, object and remedy.</summary>
public sealed class ControlException : Exception
{
    public ControlException(int code, string message)
        : base(message) => Code = code;

    public ControlException(int code, string message, Exception cause)
        : base(message, cause) => Code = code;

    /// <summary>One of <see cref="ControlCode"/>.</summary>
    public int Code { get; }

    public ErrorReply ToReply() => new() { Code = Code, Message = Message };
}

/// <summary><c>ERROR</c></summary>
public sealed record ErrorReply : ControlReply
{
    /// <summary>One of <see cref="ControlCode"/>.</summary>
    public required int Code { get; init; }

    public required string Message { get; init; }
}

/// <summary><c>OK</c></summary>
public sealed record Ok : ControlReply;
