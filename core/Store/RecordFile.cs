using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// Small JSON files that outlive a program, each with a <c>format</c> number. One of a newer format, or a damaged one, is refused and
/// left as it is: what it protects (an id's owner, an approval) must not be forgotten by misreading it.
/// </summary>
internal static class RecordFile
{
    /// <summary>The format that is written, and the highest that is read.</summary>
    public const int Format = 1;

    /// <summary>Largest record in bytes: 1 MiB.</summary>
    public const int MaximumBytes = 1 << 20;

    /// <summary>The record in <paramref name="bytes"/>; null where there is no file.</summary>
    public static T? Parse<T>(string path, byte[]? bytes, JsonTypeInfo<T> type)
        where T : class
    {
        if (bytes is null)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("format", out JsonElement element)
                || !element.TryGetInt32(out int format) || format < 1)
            {
                throw Damaged(path, "it has no format number", null);
            }

            if (format > Format)
            {
                throw new PackageException(PackageFault.UnreadableRecord,
                    $"{path} has format {format}, this Weft reads up to {Format}: a newer Weft wrote it; install that one again, or move the file away");
            }

            return document.Deserialize(type) ?? throw Damaged(path, "it is empty", null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter is a string with half a surrogate pair.
            throw Damaged(path, e.Message, e);
        }
    }

    public static void Write<T>(string path, T record, JsonTypeInfo<T> type) =>
        Files.WriteAtomically(path, JsonSerializer.SerializeToUtf8Bytes(record, type), 0x180);

    public static PackageException Damaged(string path, string why, Exception? inner) =>
        new(PackageFault.UnreadableRecord, $"{path} is damaged ({why}): restore it from a backup, or move it away", inner);
}
