using System.Text.Json;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>
/// The receipt of a session: what was asked, what is in force, and how that is known. Without scopes and a box nothing of
/// it is enforced from outside, and it says so.
/// </summary>
internal static class Receipt
{
    public static JsonElement None { get; } = JsonDocument.Parse("{}").RootElement.Clone();

    /// <param name="plan">What was asked.</param>
    /// <param name="isForeign">The runtime is not ours and measured nothing.</param>
    /// <param name="report">What the runtime measured: one JSON object; null before it has.</param>
    public static JsonElement Write(SessionPlan plan, bool isForeign, byte[]? report)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("enforcement", isForeign ? "unknown" : "unenforced");
            writer.WriteString("why", isForeign
                ? "the runtime is a foreign program, which reports nothing of itself"
                : "sessions run as plain process groups: no scope, no box");
            writer.WriteString("runtime", isForeign ? "foreign" : "weft-runtime");
            writer.WriteString("peers", "weak");
            if (plan.User is { } user)
            {
                writer.WriteString("user", user);
            }

            LimitValues limits = Session.LimitTexts(plan.Limits);
            writer.WriteStartObject("asked");
            writer.WriteString("cpu", limits.Cpu);
            writer.WriteString("memory", limits.Memory);
            writer.WriteNumber("tasks", limits.Tasks ?? 0);
            writer.WriteString("linear_memory", limits.LinearMemory);
            writer.WriteEndObject();
            CopyReport(writer, report);
            writer.WriteEndObject();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>The runtime's version by its own report; empty before there is one.</summary>
    public static string RuntimeVersionOf(byte[]? report)
    {
        using JsonDocument? document = Parse(report);
        if (document is null)
        {
            return "";
        }

        return Text(document.RootElement, "runtime_version") ?? Text(document.RootElement, "engine_version") ?? "";
    }

    private static void CopyReport(Utf8JsonWriter writer, byte[]? report)
    {
        using JsonDocument? document = Parse(report);
        if (document is null)
        {
            return;
        }

        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            // A runtime speaks for its inside only: what appd says of the outside it cannot overwrite.
            if (property.Name is not ("enforcement" or "why" or "runtime" or "peers" or "user" or "asked"))
            {
                property.WriteTo(writer);
            }
        }
    }

    private static JsonDocument? Parse(byte[]? report)
    {
        if (report is null || report.Length == 0)
        {
            return null;
        }

        try
        {
            JsonDocument document = JsonDocument.Parse(report);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // A runtime that cannot write its report: the receipt shows that there is none.
        }

        return null;
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
