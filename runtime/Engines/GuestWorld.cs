using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>A folder that a guest gets.</summary>
/// <param name="Host">Where it is.</param>
/// <param name="Guest">What the guest calls it.</param>
/// <param name="Writable">False: every change below it is refused.</param>
internal sealed record GuestFolder(string Host, string Guest, bool Writable);

/// <summary>All that a guest sees of the machine.</summary>
internal sealed record GuestWorld
{
    /// <summary>The guest's arguments, its own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Variables { get; init; }

    public required IReadOnlyList<GuestFolder> Folders { get; init; }

    /// <summary>
    /// The guest's output and error go to this process's own descriptors 1 and 2, which are the guest's pipes by now. So is its input
    /// descriptor 0 where this is true; else its input is at its end.
    /// </summary>
    public required bool HasInput { get; init; }

    /// <summary>The interfaces offered to a component, by name.</summary>
    public IReadOnlyList<HostInterface> Interfaces { get; init; } = [];

    /// <summary>Called once the guest is set up, right before its first instruction.</summary>
    public required Action Begun { get; init; }
}

/// <summary>One interface offered to a component.</summary>
internal sealed record HostInterface(string Name, IReadOnlyList<(string Name, HostFunction Function)> Functions);
