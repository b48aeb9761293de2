using System.Security.Cryptography;
using System.Text.Json;
using Weft.Linux;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary><c>--engine-facts</c>: which engine would be used, as one JSON line; appd asks once for each library file.</summary>
internal static class EngineReport
{
    /// <summary>Writes the line to standard output.</summary>
    /// <exception cref="EngineException">There is no engine.</exception>
    public static void Write(EngineKind kind)
    {
        IEngine engine = EngineChoice.Open(kind);
        EngineFacts facts = engine.Facts;
        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
        {
            writer.WriteStartObject();
            writer.WriteString("engine", facts.Kind);
            writer.WriteString("version", facts.Version);
            // The stand-in for `exe` tells no version.
            writer.WriteNumber("major", int.TryParse(facts.Version.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture, out int major) ? major : 0);
            writer.WriteString("path", facts.Path);
            writer.WriteString("sha256", Digest(facts.Path));

            // Code of an engine with other settings is refused by it: this text belongs into the key of a code cache.
            writer.WriteString("settings", Engine.Settings);
            writer.WriteEndObject();
        }

        content.WriteByte((byte)'\n');
        RawDescriptors.WriteAll(1, content.ToArray());
    }

    private static string? Digest(string path)
    {
        if (!File.Exists(path))
        {
            // The dynamic linker found it by its name alone.
            return null;
        }

        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
