using System.Globalization;
using Weft.Cli.Engines;
using Weft.Core.Engines;
using Weft.Core.Folders;
using Weft.Core.Protocol;

namespace Weft.Cli.Doctor;

/// <summary>The runtime and the engine that it would use.</summary>
internal static class EngineParts
{
    private const string OurProtocol = "weft-runtime 1";
    private const string Get = "weft engine install";

    public static void Add(List<StatusPart> parts, WeftPaths paths, EnginePlace place, TimeProvider time, bool allowUntested)
    {
        if (paths.RuntimeBinary is not { } runtime || !File.Exists(runtime))
        {
            parts.Add(new StatusPart
            {
                Part = "runtime",
                State = PartState.Missing,
                Detail = $"there is no weft-runtime ({paths.RuntimeBinary ?? "beside weft, in ../lib/weft or in /usr/lib/weft"})",
                Remedy = "install Weft whole, or set WEFT_RUNTIME_BIN",
            });
            return;
        }

        string protocol = RuntimeAnswer.Protocol(runtime);
        if (protocol != OurProtocol)
        {
            parts.Add(new StatusPart { Part = "runtime", State = PartState.Degraded, Detail = $"{runtime} is foreign: it does not answer --protocol with '{OurProtocol}'", Remedy = "unset WEFT_RUNTIME_BIN to use Weft's own" });
            return;
        }

        parts.Add(new StatusPart { Part = "runtime", State = PartState.Present, Detail = runtime });
        (RuntimeAnswer? answer, string problem) = RuntimeAnswer.Ask(runtime, place);
        parts.Add(answer is null
            ? new StatusPart { Part = "engine", State = PartState.Missing, Detail = problem, Remedy = Get }
            : Judge(answer, time, allowUntested));
    }

    private static StatusPart Judge(RuntimeAnswer answer, TimeProvider time, bool allowUntested)
    {
        EngineRelease release = answer.Release;
        bool isLibrary = answer.Kind == "lib";
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        bool supported = release.SupportedUntil >= today;
        string until = release.SupportedUntil?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "nobody knows when";
        string fixes = release.SupportedUntil is null ? "its version is unknown"
            : $"{(release.IsLongTerm ? "long-term support, " : "")}security fixes until {until}{(supported ? "" : ", which is over")}";
        string kind = isLibrary ? $"libwasmtime {release.Version}" : $"Wasmtime {release.Version} as an executable: no components, slower";
        return new StatusPart
        {
            Part = "engine",
            State = isLibrary && supported ? PartState.Present : PartState.Degraded,
            Detail = $"{kind}; {fixes}; {answer.Path}{(allowUntested ? "; untested versions are allowed (engine.allow_untested)" : "")}",
            Remedy = supported && isLibrary ? null : isLibrary ? "replace it by a supported version, 48 or 50" : Get,
        };
    }
}
