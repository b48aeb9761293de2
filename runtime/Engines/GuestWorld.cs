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

    /// <summary>What the guest reads: a descriptor, <see cref="OwnInput"/>, or <see cref="NoInput"/>.</summary>
    public required int Input { get; init; }

    public required IGuestOutput Output { get; init; }

    public required IGuestOutput Error { get; init; }

    /// <summary>The interfaces offered to a component, by name.</summary>
    public IReadOnlyList<HostInterface> Interfaces { get; init; } = [];

    /// <summary>Called once the guest is set up, right before its first instruction.</summary>
    public required Action Begun { get; init; }

    /// <summary>The guest's standard input is at its end.</summary>
    public const int NoInput = -1;

    /// <summary>The guest reads this process's own standard input.</summary>
    public const int OwnInput = -2;
}

/// <summary>One interface offered to a component.</summary>
internal sealed record HostInterface(string Name, IReadOnlyList<(string Name, HostFunction Function)> Functions);
