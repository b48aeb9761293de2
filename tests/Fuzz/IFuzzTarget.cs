namespace Weft.Fuzz;

/// <summary>
/// A parser of foreign bytes. A new one is one file in Targets/ with a class of this interface: it is found by itself.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>What <c>--target</c> calls it.</summary>
    public string Name { get; }

    /// <summary>Good input, from which bad input is made.</summary>
    public IEnumerable<byte[]> Seeds { get; }

    /// <summary>Words of the format, which random bytes would never spell.</summary>
    public IEnumerable<byte[]> Words => [];

    /// <summary>
    /// Reads the input. What the parser is documented to throw is caught here; anything else that is thrown, and anything
    /// that takes seconds, is a finding. Where input was accepted, says what must hold then by throwing.
    /// </summary>
    public void Run(ReadOnlySpan<byte> input);
}

/// <summary>The parser accepted something and what must hold then does not.</summary>
public sealed class FuzzFindingException(string message) : Exception(message);
