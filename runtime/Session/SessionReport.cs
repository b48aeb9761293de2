using System.Buffers;
using System.Text.Json;
using Weft.Linux;
using Weft.Runtime.Engines;
using Weft.Runtime.Host;

namespace Weft.Runtime.Session;

/// <summary>What the runtime measured of itself before the guest runs: one JSON line on <c>--report-fd</c>, and in the channel's first line.</summary>
internal static class SessionReport
{
    /// <summary>The line, without its end.</summary>
    public static byte[] Of(IEngine engine, CommandLine line)
    {
        EngineFacts facts = engine.Facts;
        var content = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(content, JsonText.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("engine", facts.Kind);
            writer.WriteString("engine_version", facts.Version);
            writer.WriteString("engine_path", facts.Path);
            writer.WriteBoolean("component", engine.IsComponent);
            writer.WriteBoolean("precompiled", line.Code >= 0);
            writer.WriteNumber("linear_memory", line.LinearMemory);
            writer.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    /// <summary>Writes it to a descriptor.</summary>
    public static void Write(int descriptor, byte[] report)
    {
        RawDescriptors.WriteAll(descriptor, [.. report, (byte)'\n']);
        RawDescriptors.Close(descriptor);
    }
}
