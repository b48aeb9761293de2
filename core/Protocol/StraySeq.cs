using System.Text.Json;
using Weft.Core.MessagePack;

namespace Weft.Core.Protocol;

/// <summary>
/// The <c>seq</c> of what is otherwise no request, so that its sender learns which one failed. Only the pairs of the message itself count;
/// a number that stands there twice, or that the end may have cut, is none.
/// </summary>
internal static class StraySeq
{
    public static ulong? InJson(ReadOnlySpan<byte> json)
    {
        ulong? read = null, whole = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read())
            {
                // Something follows it: no digit is missing.
                whole = read;
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    break;
                }

                bool isSeq = reader.ValueSpan.SequenceEqual("seq"u8);
                reader.Read();
                if (isSeq && read is not null)
                {
                    return null;
                }

                if (isSeq && reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value))
                {
                    read = value;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Read as far as it goes.
        }

        return whole;
    }

    public static ulong? InMessagePack(ReadOnlySpan<byte> bytes)
    {
        ulong? read = null;
        var reader = new MessagePackReader(bytes);
        try
        {
            for (int left = reader.ReadMapHeader(); left > 0; left--)
            {
                bool isSeq = false;
                if (reader.PeekType() == MessagePackType.String)
                {
                    isSeq = reader.ReadUtf8().SequenceEqual("seq"u8);
                }
                else
                {
                    reader.Skip();
                }

                if (!isSeq)
                {
                    reader.Skip();
                }
                else if (read is not null)
                {
                    return null;
                }
                else
                {
                    read = reader.ReadUInt64();
                }
            }
        }
        catch (MessagePackException)
        {
            // Read as far as it goes.
        }

        return read;
    }
}
