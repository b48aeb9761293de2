using Weft.Linux;

namespace Weft.Core.Trust;

/// <summary>The public key by which a publisher is known, everywhere: owner records, trusted keys, listings. Equal by its bytes.</summary>
public sealed class PublisherKey : IEquatable<PublisherKey>
{
    /// <summary>What a public key's file is called by default.</summary>
    public const string FileName = "weft-sign.pub";

    /// <summary>What a file of a public key holds, for messages to people.</summary>
    public const string Form = "64 hex digits (an Ed25519 public key, as `weft pack generate-key` writes it)";

    private readonly byte[] _bytes;

    internal PublisherKey(byte[] bytes)
    {
        _bytes = bytes;
        Hex = Convert.ToHexStringLower(bytes);
    }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>64 lower-case hex digits, as in a file.</summary>
    public string Hex { get; }

    /// <summary>Reads a key from text; white space at the end is tolerated.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PublisherKey? key)
    {
        key = HexText.TryRead(text, Ed25519.KeyLength, out byte[] bytes) ? new PublisherKey(bytes) : null;
        return key is not null;
    }

    /// <summary>Reads a key from what a file holds.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out PublisherKey? key)
    {
        key = HexText.TryRead(file, Ed25519.KeyLength, out byte[] bytes) ? new PublisherKey(bytes) : null;
        return key is not null;
    }

    /// <summary>Whether this key made <paramref name="signature"/> over <paramref name="digest"/>.</summary>
    public bool Verifies(ContentDigest digest, PackageSignature signature) => Ed25519.Verify(_bytes, digest.Bytes, signature.Bytes);

    public bool Equals(PublisherKey? other) => other is not null && Hex == other.Hex;

    public override bool Equals(object? obj) => Equals(obj as PublisherKey);

    public override int GetHashCode() => Hex.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Hex;
}
