using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Weft.Core.MessagePack;
using Weft.Tests.Support;
using Xunit;

namespace Core.Tests.MessagePack;

/// <summary>kawanet's msgpack-test-suite (MIT, beside this file): every row is read in each of its encodings and written as the first.</summary>
public sealed class SuiteTests
{
    public static TheoryData<string, string> Rows()
    {
        string file = Path.Combine(Prerequisite.Root, "tests/Core.Tests/MessagePack/msgpack-test-suite.json");
        using JsonDocument suite = JsonDocument.Parse(File.ReadAllText(file));
        var rows = new TheoryData<string, string>();
        foreach (JsonProperty group in suite.RootElement.EnumerateObject())
        {
            foreach (JsonElement row in group.Value.EnumerateArray())
            {
                rows.Add(group.Name, row.GetRawText());
            }
        }

        return rows;
    }

    [Fact]
    public void The_suite_has_all_its_rows() => Assert.Equal(85, Rows().Count);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_is_read_and_written(string group, string text)
    {
        Assert.NotEmpty(group);
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement row = document.RootElement;
        byte[][] encodings = [.. row.GetProperty("msgpack").EnumerateArray().Select(Bytes)];
        foreach (byte[] encoding in encodings)
        {
            var reader = new MessagePackReader(encoding);
            Check(row, ref reader);
            reader.ExpectEnd();

            var skipping = new MessagePackReader(encoding);
            skipping.Skip();
            skipping.ExpectEnd();
        }

        byte[] written = Write(row, encodings[0]);
        if (row.TryGetProperty("bignum", out JsonElement big) && big.GetString() == "9223372036854775807")
        {
            // The one row whose first encoding is signed though the value is not negative: both are as short.
            Assert.Equal(encodings[1], written);
            return;
        }

        Assert.Equal(encodings[0], written);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_cut_of_every_encoding_is_an_error(string group, string text)
    {
        Assert.NotEmpty(group);
        using JsonDocument document = JsonDocument.Parse(text);
        foreach (byte[] encoding in document.RootElement.GetProperty("msgpack").EnumerateArray().Select(Bytes))
        {
            for (int length = 0; length < encoding.Length; length++)
            {
                byte[] cut = encoding[..length];
                Assert.Throws<MessagePackException>(() => new MessagePackReader(cut).Skip());
            }
        }
    }

    private static void Check(JsonElement row, ref MessagePackReader reader)
    {
        foreach (JsonProperty expected in row.EnumerateObject())
        {
            JsonElement value = expected.Value;
            switch (expected.Name)
            {
                case "nil" or "bool" or "string" or "array" or "map":
                    CheckJson(value, ref reader);
                    return;
                case "binary":
                    Assert.Equal(Bytes(value), reader.ReadBinary().ToArray());
                    return;
                case "bignum":
                    CheckNumber(decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture), ref reader);
                    return;
                case "number" when !row.TryGetProperty("bignum", out _):
                    CheckNumber(value.GetDecimal(), ref reader);
                    return;
                case "timestamp":
                    Assert.Equal(new MessagePackTimestamp(value[0].GetInt64(), value[1].GetUInt32()), reader.ReadTimestamp());
                    return;
                case "ext":
                    Assert.Equal(Bytes(value[1]), reader.ReadExtension(out sbyte type).ToArray());
                    Assert.Equal(value[0].GetInt32(), type);
                    return;
            }
        }

        Assert.Fail("a row of an unknown kind");
    }

    private static void CheckNumber(decimal expected, ref MessagePackReader reader)
    {
        if (reader.PeekType() == MessagePackType.Float)
        {
            Assert.Equal((double)expected, reader.ReadDouble());
            return;
        }

        ulong bits = reader.ReadInteger(out bool negative);
        Assert.Equal(expected, negative ? (long)bits : bits);
    }

    private static void CheckJson(JsonElement expected, ref MessagePackReader reader)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null:
                reader.ReadNil();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Assert.Equal(expected.GetBoolean(), reader.ReadBoolean());
                break;
            case JsonValueKind.Number:
                CheckNumber(expected.GetDecimal(), ref reader);
                break;
            case JsonValueKind.String:
                Assert.Equal(expected.GetString(), reader.ReadString());
                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), reader.ReadArrayHeader());
                foreach (JsonElement element in expected.EnumerateArray())
                {
                    CheckJson(element, ref reader);
                }

                break;
            default:
                Assert.Equal(expected.EnumerateObject().Count(), reader.ReadMapHeader());
                foreach (JsonProperty pair in expected.EnumerateObject())
                {
                    Assert.Equal(pair.Name, reader.ReadString());
                    CheckJson(pair.Value, ref reader);
                }

                break;
        }
    }

    private static byte[] Write(JsonElement row, byte[] first)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        foreach (JsonProperty given in row.EnumerateObject())
        {
            JsonElement value = given.Value;
            switch (given.Name)
            {
                case "nil" or "bool" or "string" or "array" or "map":
                    WriteJson(value, writer);
                    break;
                case "binary":
                    writer.WriteBinary(Bytes(value));
                    break;
                case "bignum":
                    WriteNumber(decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture), first, writer);
                    break;
                case "number" when !row.TryGetProperty("bignum", out _):
                    WriteNumber(value.GetDecimal(), first, writer);
                    break;
                case "timestamp":
                    writer.WriteTimestamp(new MessagePackTimestamp(value[0].GetInt64(), value[1].GetUInt32()));
                    break;
                case "ext":
                    writer.WriteExtension((sbyte)value[0].GetInt32(), Bytes(value[1]));
                    break;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteNumber(decimal value, byte[] first, MessagePackWriter writer)
    {
        if (value != decimal.Truncate(value))
        {
            Assert.Equal(0xca, first[0]);
            writer.WriteSingle((float)value);
        }
        else if (value < 0)
        {
            writer.WriteInt64((long)value);
        }
        else
        {
            writer.WriteUInt64((ulong)value);
        }
    }

    private static void WriteJson(JsonElement value, MessagePackWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                writer.WriteNil();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBoolean(value.GetBoolean());
                break;
            case JsonValueKind.Number:
                writer.WriteInt64(value.GetInt64());
                break;
            case JsonValueKind.String:
                writer.WriteString(value.GetString()!);
                break;
            case JsonValueKind.Array:
                writer.WriteArrayHeader(value.GetArrayLength());
                foreach (JsonElement element in value.EnumerateArray())
                {
                    WriteJson(element, writer);
                }

                break;
            default:
                writer.WriteMapHeader(value.EnumerateObject().Count());
                foreach (JsonProperty pair in value.EnumerateObject())
                {
                    writer.WriteString(pair.Name);
                    WriteJson(pair.Value, writer);
                }

                break;
        }
    }

    private static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString()!.Replace("-", "", StringComparison.Ordinal));
}
