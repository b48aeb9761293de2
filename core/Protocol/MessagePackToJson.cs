using System.Globalization;
using System.Text;
using System.Text.Json;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

/// <summary>
/// A MessagePack value as JSON. Byte strings and extensions have no JSON form and are refused, as are keys that are no
/// strings and numbers that are not finite. Floats keep a point, so that one never passes for an integer.
/// </summary>
internal static class MessagePackToJson
{
    /// <param name="depth">Arrays and maps that are open already.</param>
    public static void Write(ref MessagePackReader reader, Utf8JsonWriter writer, int depth)
    {
        int start = reader.Offset;
        MessagePackType type = reader.PeekType();
        if (type is MessagePackType.Array or MessagePackType.Map && depth == MessagePackLimits.MaxDepth)
        {
            throw new MessagePackException($"arrays and maps more than {MessagePackLimits.MaxDepth} deep", start);
        }

        switch (type)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                writer.WriteNullValue();
                break;
            case MessagePackType.Boolean:
                writer.WriteBooleanValue(reader.ReadBoolean());
                break;
            case MessagePackType.Integer:
                ulong bits = reader.ReadInteger(out bool negative);
                if (negative)
                {
                    writer.WriteNumberValue((long)bits);
                }
                else
                {
                    writer.WriteNumberValue(bits);
                }

                break;
            case MessagePackType.Float:
                WriteFloat(writer, reader.ReadDouble(), start);
                break;
            case MessagePackType.String:
                writer.WriteStringValue(reader.ReadUtf8());
                break;
            case MessagePackType.Array:
                writer.WriteStartArray();
                for (int left = reader.ReadArrayHeader(); left > 0; left--)
                {
                    Write(ref reader, writer, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case MessagePackType.Map:
                WriteMap(ref reader, writer, depth);
                break;
            case MessagePackType.Binary:
                throw new MessagePackException("a byte string; control messages have text only", start);
            default:
                throw new MessagePackException("an extension value; control messages have none", start);
        }
    }

    private static void WriteMap(ref MessagePackReader reader, Utf8JsonWriter writer, int depth)
    {
        writer.WriteStartObject();
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            if (reader.PeekType() is not MessagePackType.String and var type)
            {
                throw new MessagePackException($"a key of type {type}; the keys of control messages are strings", reader.Offset);
            }

            writer.WritePropertyName(reader.ReadUtf8());
            Write(ref reader, writer, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteFloat(Utf8JsonWriter writer, double value, int start)
    {
        if (!double.IsFinite(value))
        {
            throw new MessagePackException("a number that is not finite", start);
        }

        WriteDouble(writer, value);
    }

    /// <summary>A double so that it reads back as one: <c>1.0</c>, never <c>1</c>.</summary>
    public static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[40];
        bool fits = value.TryFormat(text, out int length, "R", CultureInfo.InvariantCulture);
        if (!fits)
        {
            throw new InvalidOperationException("a double has at most 24 characters");
        }

        if (text[..length].IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }
}
