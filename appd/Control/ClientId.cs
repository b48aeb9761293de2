using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Weft.Appd.Control;

/// <summary>
/// Who a client is, over reloads and reconnects: 53 bits of the SHA-256 of the client's resume key. So the daemon keeps
/// no table of keys, and a client is itself again after a crash or upgrade of the daemon too.
/// </summary>
internal readonly record struct ClientId(ulong Value)
{
    /// <summary>Hexadecimal digits of a resume key: 128 random bits.</summary>
    public const int ResumeKeyLength = 32;

    /// <summary>A new secret resume key. The holder of it is the client.</summary>
    public static string NewResumeKey() => RandomNumberGenerator.GetHexString(ResumeKeyLength, lowercase: true);

    /// <summary>False where the text does not have the form of a resume key.</summary>
    public static bool IsResumeKey(string text) => text.Length == ResumeKeyLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The identity that a resume key stands for.</summary>
    public static ClientId Of(string resumeKey) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.ASCII.GetBytes(resumeKey))) >> 11);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
