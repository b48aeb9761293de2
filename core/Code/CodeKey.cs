using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Core.Code;

/// <summary>
/// The state root's key for compiled code: what does not carry its HMAC was not written by this Weft. Losing it costs compiling
/// everything once more.
/// </summary>
internal static class CodeKey
{
    private const int Length = 32;

    /// <summary>The key, made where there is none.</summary>
    public static byte[] ReadOrMake(string stateRoot)
    {
        string path = Path.Combine(stateRoot, "code.key");
        if (Read(path) is { } known)
        {
            return known;
        }

        Files.MakePrivateFolder(stateRoot);
        RecordFile.Write(path, new CodeKeyRecord { Key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length)) }, CodeJson.Default.CodeKeyRecord);

        // Read back: another process may have made one at the same time, and one of them is what lies there now.
        return Read(path) ?? throw new PackageException(PackageFault.UnreadableRecord, $"{path} went away: try again");
    }

    private static byte[]? Read(string path)
    {
        byte[]? bytes = Files.TryStat(path) is null ? null : Files.ReadAll(path, RecordFile.MaximumBytes);
        if (RecordFile.Parse(path, bytes, CodeJson.Default.CodeKeyRecord) is not { } record)
        {
            return null;
        }

        return Trust.HexText.TryRead(record.Key, Length, out byte[] key)
            ? key
            : throw new PackageException(PackageFault.UnreadableRecord, $"{path} holds no key: remove it, and modules are compiled anew");
    }
}

internal sealed record CodeKeyRecord
{
    public int Format { get; init; } = RecordFile.Format;

    /// <summary>64 hex digits.</summary>
    public required string Key { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CodeKeyRecord))]
internal sealed partial class CodeJson : JsonSerializerContext;
