using System.Buffers;
using System.Text.Json;
using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Core.Settings;

/// <summary>
/// <c>settings.json</c> of the state root: what SET_SETTING changed. <c>{"format":1,"values":{"web.port":8080}}</c>.
/// A damaged file is set aside before the next change; one of a newer format is never touched.
/// </summary>
internal sealed class SettingsOverlay(string path)
{
    private const int Format = 1;
    private const int MaximumBytes = 256 * 1024;
    private bool _damaged;

    public string File { get; } = path;

    /// <summary>Written by a newer Weft: read as empty and left alone.</summary>
    public bool Newer { get; private set; }

    public Dictionary<string, object> Read(List<SettingsFinding> findings)
    {
        var values = new Dictionary<string, object>();
        try
        {
            byte[] bytes = System.IO.File.ReadAllBytes(File);
            if (bytes.Length > MaximumBytes)
            {
                throw new JsonException($"it has {bytes.Length} bytes");
            }

            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.GetProperty("format").GetInt32() > Format)
            {
                Newer = true;
                Say(Severity.Error, "was written by a newer Weft; its settings do not count and cannot be changed by this one");
                return values;
            }

            foreach (JsonProperty property in document.RootElement.GetProperty("values").EnumerateObject())
            {
                string problem = "unknown setting";
                if (SettingTable.ByKey.TryGetValue(property.Name, out Setting? setting)
                    && TryRead(setting, property.Value, out object value, out problem))
                {
                    values[property.Name] = value;
                }
                else
                {
                    Say(Severity.Warning, $"{Printable.Quote(property.Name)}: {problem}; it is ignored");
                }
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return values;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            _damaged = true;
            values.Clear();
            Say(Severity.Error, $"is damaged ({e.Message}); its settings do not count, and the next change sets it aside");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say(Severity.Error, $"cannot be read, so its settings do not count: {e.Message}");
        }

        return values;

        void Say(Severity severity, string message) => findings.Add(new(File, new Finding(0, 0, severity, message)));
    }

    /// <summary>Writes all values; whole or not at all.</summary>
    public void Write(IReadOnlyDictionary<string, object> values)
    {
        if (_damaged)
        {
            System.IO.File.Move(File, File + ".damaged", overwrite: true);
            _damaged = false;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteStartObject("values");
            foreach (Setting setting in SettingTable.All)
            {
                if (values.TryGetValue(setting.Key, out object? value))
                {
                    json.WritePropertyName(setting.Key);
                    WriteValue(json, value);
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        Files.WriteAtomically(File, buffer.WrittenSpan);
    }

    public static bool TryRead(Setting setting, JsonElement element, out object value, out string problem)
    {
        object? raw = element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number when element.TryGetInt64(out long number) => number,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };
        value = "";
        problem = "the value is no string, whole number or boolean";
        return raw is not null && setting.TryAccept(raw, out value, out problem);
    }

    public static JsonElement ToJson(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteValue(json, value);
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteBooleanValue((bool)value);
                break;
        }
    }
}
