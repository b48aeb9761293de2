using System.Text.Encodings.Web;
using System.Text.Json;

namespace Weft.Runtime.Host;

/// <summary>How the runtime writes JSON.</summary>
internal static class JsonText
{
    /// <summary>Text as it is: no page reads these lines, and a message of 64 KiB must not grow sixfold on its way.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
