using Weft.Cli.Engines;
using Weft.Core.Engines;
using Weft.Core.Folders;
using Weft.Core.Protocol;

namespace Weft.Cli.Doctor;

/// <summary>The runtime and the engine that it would use.</summary>
internal static class EngineParts
{
    private const string OurProtocol = "weft-runtime 1";

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

        string protocol = RuntimeBinary.Protocol(runtime);
        if (protocol != OurProtocol)
        {
            parts.Add(new StatusPart { Part = "runtime", State = PartState.Degraded, Detail = $"{runtime} is foreign: it does not answer --protocol with '{OurProtocol}'", Remedy = "unset WEFT_RUNTIME_BIN to use Weft's own" });
            return;
        }

        parts.Add(new StatusPart { Part = "runtime", State = PartState.Present, Detail = runtime });
        (EngineAnswer? answer, string problem) = RuntimeBinary.AskEngine(runtime, place);
        StatusPart engine = answer?.Judge(time) ?? EngineAnswer.Missing(problem);
        parts.Add(allowUntested ? engine with { Detail = engine.Detail + "; untested versions are allowed (engine.allow_untested)" } : engine);
    }
}
