using System.Text;
using Weft.Linux;

namespace Weft.Core.Trust;

/// <summary>An Ed25519 signature over the 32 raw bytes of a content digest; in its file 128 hex digits.</summary>
public sealed class PackageSignature
{
    /// <summary>Its file, at the root of a package.</summary>
    public const string FileName = "signature.sig";

    private readonly byte[] _bytes;

    internal PackageSignature(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Reads what a file holds; white space at the end is tolerated.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out PackageSignature? signature)
    {
        signature = HexText.TryRead(file, Ed25519.SignatureLength, out byte[] bytes) ? new PackageSignature(bytes) : null;
        return signature is not null;
    }

    public byte[] ToFile() => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_bytes) + "\n");
}
