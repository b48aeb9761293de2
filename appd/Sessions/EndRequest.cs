using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>Somebody or something wants a session to end; the first such wish of a session is why it ended.</summary>
/// <param name="Cause">What it will be recorded as.</param>
/// <param name="Message">A sentence for people; the app's name is put before it.</param>
/// <param name="Fact">Who asked, and when.</param>
internal sealed record EndRequest(EndCause Cause, string Message, Fact Fact);
