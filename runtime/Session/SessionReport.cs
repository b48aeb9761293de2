using System.Globalization;
using System.Text;
using System.Text.Json;
using Weft.Linux;
using Weft.Runtime.Engines;

namespace Weft.Runtime.Session;

/// <summary>What the runtime measured of itself before the guest runs: one JSON line on <c>--report-fd</c>, and in the channel's first line.</summary>
internal static class SessionReport
{
    /// <summary>The line, without its end. Put together by hand: the first use of a JSON writer costs a tenth of a millisecond of every start.</summary>
    public static string Of(IEngine engine, CommandLine line)
    {
        EngineFacts facts = engine.Facts;
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"engine":"{{facts.Kind}}","engine_version":"{{facts.Version}}","engine_path":"{{Escaped(facts.Path)}}","component":{{Word(engine.IsComponent)}},"precompiled":{{Word(line.Code >= 0)}},"linear_memory":{{line.LinearMemory}}}""");
    }

    /// <summary>Writes it to a descriptor, which is not needed any more then.</summary>
    public static void Write(int descriptor, string report)
    {
        RawDescriptors.WriteAll(descriptor, Encoding.UTF8.GetBytes(report + "\n"));
        RawDescriptors.Close(descriptor);
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Escaped(string text)
    {
        foreach (char c in text)
        {
            if (c is < ' ' or '"' or '\\')
            {
                return JsonEncodedText.Encode(text).Value;
            }
        }

        return text;
    }
}
