using Weft.Core.Protocol;

namespace Weft.Cli.Output;

/// <summary>Parts of Weft, one line each: state, name, what is known, and the command that mends it.</summary>
internal static class PartLines
{
    public static void Write(TextWriter to, IReadOnlyList<StatusPart> parts)
    {
        int width = parts.Count == 0 ? 0 : parts.Max(static p => p.Part.Length);
        foreach (StatusPart part in parts)
        {
            string remedy = part.Remedy is { } mend ? $"; {Show.Line(mend)}" : "";
            to.WriteLine($"{part.State.Wire(),-9} {Show.Line(part.Part).PadRight(width)}  {Show.Line(part.Detail)}{remedy}");
        }
    }
}
