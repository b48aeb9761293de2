using System.Globalization;
using System.Text.Json;
using Weft.Core.Protocol;

namespace Weft.Core.Engines;

/// <summary>The engine that runtimes use, as <c>weft-runtime --engine-facts</c> says in one JSON line.</summary>
/// <param name="Kind"><c>lib</c> or <c>exe</c>.</param>
/// <param name="Version">As far as the engine tells it: a library says its major only, the stand-in from npm nothing.</param>
/// <param name="Path">Its file; the bare name where the dynamic linker found it.</param>
/// <param name="Sha256">Of that file, in hex; null where its place is not known.</param>
/// <param name="Settings">What code must be compiled with, as one line of text.</param>
public sealed record EngineAnswer(string Kind, string Version, string Path, string? Sha256, string Settings)
{
    /// <summary>The command that gets an engine.</summary>
    public const string Remedy = "weft engine install";

    /// <summary>It runs inside the runtime's process, and knows components and compiled code.</summary>
    public bool IsLibrary => Kind == "lib";

    /// <summary>The release, by the file's digest where that is known, else by what the engine says.</summary>
    public EngineRelease Release => EngineRelease.OfFile(Sha256) ?? new EngineRelease(Version);

    /// <summary>Reads the line.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static EngineAnswer Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            return new EngineAnswer(
                root.GetProperty("engine").GetString()!,
                root.GetProperty("version").GetString()!,
                root.GetProperty("path").GetString()!,
                root.TryGetProperty("sha256", out JsonElement sha256) ? sha256.GetString() : null,
                root.TryGetProperty("settings", out JsonElement settings) ? settings.GetString() ?? "" : "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("--engine-facts was answered with something else than an engine; install the runtime of this version", e);
        }
    }

    /// <summary>How good it is: a library with security fixes is all that is wanted.</summary>
    public StatusPart Judge(TimeProvider time)
    {
        EngineRelease release = Release;
        bool supported = release.SupportedUntil >= DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        string until = release.SupportedUntil?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "nobody knows when";
        string fixes = release.SupportedUntil is null ? "its version is unknown"
            : $"{(release.IsLongTerm ? "long-term support, " : "")}security fixes until {until}{(supported ? "" : ", which is over")}";
        string kind = IsLibrary ? $"libwasmtime {release.Version}" : $"Wasmtime {release.Version} as an executable: no components, slower";
        return new StatusPart
        {
            Part = "engine",
            State = IsLibrary && supported ? PartState.Present : PartState.Degraded,
            Detail = $"{kind}; {fixes}; {Path}",
            Remedy = supported && IsLibrary ? null : IsLibrary ? "replace it by a supported version, 48 or 50" : Remedy,
        };
    }

    /// <summary>There is none, and why.</summary>
    public static StatusPart Missing(string problem) => new() { Part = "engine", State = PartState.Missing, Detail = problem, Remedy = Remedy };
}
