using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>What a request is answered with.</summary>
internal readonly struct Reply
{
    private readonly object? _answer;

    private Reply(object? answer) => _answer = answer;

    /// <summary>No answer: the request has none.</summary>
    public static Reply None => default;

    /// <summary>A finished answer.</summary>
    public static implicit operator Reply(ControlMessage message) => new(message);

    /// <summary>
    /// A snapshot, taken under the gate at the moment the answer is queued: what was broadcast before it on this
    /// connection is in it, what is broadcast after it is not.
    /// </summary>
    public static Reply Cut(Func<ControlMessage> snapshot) => new(snapshot);

    /// <summary>The answer's message, taking the snapshot now. The caller holds the gate.</summary>
    public ControlMessage? Take() => _answer is Func<ControlMessage> snapshot ? snapshot() : (ControlMessage?)_answer;
}
