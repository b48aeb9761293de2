using Weft.Appd.Compositor;
using Weft.Appd.Control;
using Weft.Appd.Processes;
using Weft.Core.Protocol;

namespace Weft.Appd;

/// <summary>What STATUS says of the parts that sessions need.</summary>
internal static class DaemonParts
{
    public static StatusPart Runtime(RuntimeProgram program) => new()
    {
        Part = "runtime",
        State = program.Problem is not null ? PartState.Missing : program.IsForeign ? PartState.Degraded : PartState.Present,
        Detail = program.Problem ?? (program.IsForeign ? $"{program.Path} (foreign: it reports nothing of itself)" : program.Path),
        Remedy = program.Problem is not null ? "install weft-runtime beside weft-appd, or set WEFT_RUNTIME_BIN" : null,
    };

    public static StatusPart Compositor(CompositorLink link, string path) => new()
    {
        Part = "compositor",
        State = link.IsConnected ? PartState.Present : PartState.Missing,
        Detail = link.IsConnected ? path : $"nothing listens on {path}; it is tried again and again",
    };
}
