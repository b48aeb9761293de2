using System.Security.Cryptography;
using System.Text;
using Weft.Linux;

namespace Weft.Core.Trust;

/// <summary>A publisher's secret: the 32 bytes from which Ed25519 makes both keys. Its text is never shown.</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>What a secret key's file is called by default.</summary>
    public const string FileName = "weft-sign.key";

    /// <summary>What a file of a secret key holds, for messages to people.</summary>
    public const string Form = "64 hex digits (an Ed25519 seed, as `weft pack generate-key` writes it)";

    private readonly byte[] _seed;

    private SigningKey(byte[] seed)
    {
        _seed = seed;
        PublicKey = new PublisherKey(Ed25519.PublicKey(seed));
    }

    public PublisherKey PublicKey { get; }

    /// <summary>A new key from the kernel's random numbers.</summary>
    public static SigningKey Generate() => new(RandomNumberGenerator.GetBytes(Ed25519.KeyLength));

    /// <summary>Reads a key from what a file holds; white space at the end is tolerated.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out SigningKey? key)
    {
        key = HexText.TryRead(file, Ed25519.KeyLength, out byte[] seed) ? new SigningKey(seed) : null;
        return key is not null;
    }

    public PackageSignature Sign(ContentDigest digest) => new(Ed25519.Sign(_seed, digest.Bytes));

    /// <summary>The bytes of the secret key's file. Whoever writes them gives the file mode 0600.</summary>
    public byte[] ToFile() => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_seed) + "\n");

    public void Dispose() => CryptographicOperations.ZeroMemory(_seed);
}
