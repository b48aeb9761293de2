using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Weft.Cli.Output;

/// <summary>What <c>--json</c> prints: the reply's own array or object, on one line.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One member of a reply, as it came.</summary>
    public static void WriteMember(TextWriter to, ReadOnlyMemory<byte> reply, string member)
    {
        using JsonDocument document = JsonDocument.Parse(reply);
        to.WriteLine(document.RootElement.TryGetProperty(member, out JsonElement value) ? value.GetRawText() : "[]");
    }

    /// <summary>A whole reply without its envelope (<c>type</c> and <c>re</c>).</summary>
    public static void WriteReply(TextWriter to, ReadOnlyMemory<byte> reply) => Write(to, json =>
    {
        using JsonDocument document = JsonDocument.Parse(reply);
        json.WriteStartObject();
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name is not ("type" or "re"))
            {
                property.WriteTo(json);
            }
        }

        json.WriteEndObject();
    });

    /// <summary>Whatever <paramref name="write"/> writes, on one line.</summary>
    public static void Write(TextWriter to, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        to.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
