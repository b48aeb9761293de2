using Weft.Core.Apps;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>
/// All that appd decided about one start: the runtime searches no store and reads no manifest. The descriptors stay the
/// caller's and may be closed once the process has been started.
/// </summary>
internal sealed record RuntimeLaunch
{
    public required AppId App { get; init; }

    public required SessionId Session { get; init; }

    /// <summary>128 random bits in hex: READY carries it, and so does the channel's first line.</summary>
    public required string Token { get; init; }

    /// <summary>The module, opened for reading.</summary>
    public required Descriptor Module { get; init; }

    /// <summary>Its path, for a foreign runtime's own use and for logs.</summary>
    public required string ModulePath { get; init; }

    /// <summary>The module compiled ahead; null: the runtime compiles, or the engine needs none.</summary>
    public Descriptor? Code { get; init; }

    /// <summary><c>jsonrpc</c>, <c>none</c> or <c>component</c>.</summary>
    public required string Interface { get; init; }

    public required ReadyMode Ready { get; init; }

    public IReadOnlyList<Preopen> Preopens { get; init; } = [];

    /// <summary>The capabilities, in their canonical text.</summary>
    public IReadOnlyList<string> Grants { get; init; } = [];

    /// <summary>The guest's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The guest's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Bytes.</summary>
    public required long LinearMemory { get; init; }

    /// <summary>Listens on the session's socket.</summary>
    public required Descriptor Channel { get; init; }

    /// <summary>The guest's standard output and error: rings.</summary>
    public required Descriptor Output { get; init; }

    public required Descriptor Error { get; init; }

    /// <summary>Bumped after writes to the rings.</summary>
    public required Descriptor Event { get; init; }

    /// <summary>The end record, opened for appending.</summary>
    public required Descriptor End { get; init; }
}

/// <summary>A folder of the machine that the guest sees.</summary>
/// <param name="Host">Its path, for people, and for the runtime where it is to find it with its own rights.</param>
/// <param name="Guest">What the guest calls it.</param>
/// <param name="Access">What the guest may do there.</param>
/// <param name="Opened">The folder itself; null: the runtime opens the path.</param>
internal readonly record struct Preopen(string Host, string Guest, FolderAccess Access, Descriptor? Opened = null);

/// <summary>Starts session processes. The real one is <see cref="RuntimeLauncher"/>; tests script another.</summary>
internal interface IRuntimeLauncher
{
    /// <summary>True where the program is no weft-runtime of ours: no report, no channel, no rings.</summary>
    public bool IsForeign { get; }

    /// <summary>Starts the process, held. <paramref name="listener"/> hears what it says, from other threads, also before this returns.</summary>
    /// <exception cref="IOException">It could not be started.</exception>
    public IRuntimeProcess Start(RuntimeLaunch launch, IRuntimeListener listener);
}
