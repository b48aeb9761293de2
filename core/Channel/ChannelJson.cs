using System.Text.Json.Serialization;
using Weft.Core.Protocol;

namespace Weft.Core.Channel;

/// <summary>The JSON shape of the channel's lines.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters = [typeof(UInt64Converter), typeof(UInt32Converter), typeof(BooleanConverter), typeof(TextConverter)])]
[JsonSerializable(typeof(PeerHello))]
[JsonSerializable(typeof(RuntimeHello))]
[JsonSerializable(typeof(Ready))]
[JsonSerializable(typeof(Ipc))]
[JsonSerializable(typeof(Notify))]
[JsonSerializable(typeof(ClipboardRead))]
[JsonSerializable(typeof(ClipboardWrite))]
[JsonSerializable(typeof(Used))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(Closing))]
[JsonSerializable(typeof(Reply))]
[JsonSerializable(typeof(Revoked))]
[JsonSerializable(typeof(MemoryPressure))]
internal sealed partial class ChannelJson : JsonSerializerContext;
