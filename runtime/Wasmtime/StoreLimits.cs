namespace Weft.Runtime.Wasmtime;

/// <summary>What a guest may take inside the engine. The engine counts per memory and per table, so their numbers are held down too.</summary>
internal sealed record StoreLimits
{
    /// <summary>Bytes of one linear memory; the manifest's <c>linear_memory</c>.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Elements of one table, 16 bytes each at most. The largest seen in real programs (.NET and JavaScript engines in Wasm) are below 100,000.</summary>
    public long TableElements { get; init; } = 500_000;

    /// <summary>Instances. A component made of parts has some dozens.</summary>
    public long Instances { get; init; } = 200;

    /// <summary>Tables. Compilers make one per module.</summary>
    public long Tables { get; init; } = 20;

    /// <summary>Linear memories: one for a module, as every compiler makes it, a few for a component made of parts.</summary>
    public required long Memories { get; init; }

    public static StoreLimits ForModule(long memoryBytes) => new() { MemoryBytes = memoryBytes, Memories = 1, Instances = 1 };

    public static StoreLimits ForComponent(long memoryBytes) => new() { MemoryBytes = memoryBytes, Memories = 10 };
}
