using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Weft.Core.Trust;

/// <summary>
/// What a package's content is, in 32 bytes: SHA-256 over one line <c>path TAB sha-256 in hex LF</c> per file, sorted by the UTF-8
/// bytes of the path, <c>signature.sig</c> at the root left out (docs/packages.md). Folders do not count.
/// </summary>
public readonly struct ContentDigest : IEquatable<ContentDigest>
{
    public const int Length = SHA256.HashSizeInBytes;

    private readonly byte[]? _bytes;

    private ContentDigest(byte[] bytes) => _bytes = bytes;

    /// <summary>The 32 bytes that a signature is over.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>64 lower-case hex digits.</summary>
    public string Hex => Convert.ToHexStringLower(Bytes);

    /// <summary>The digest of a content of these files, in any order; the signature's own file is left out here.</summary>
    public static ContentDigest Of(IEnumerable<HashedFile> files)
    {
        List<(byte[] Path, byte[] Hash)> lines = [];
        foreach (HashedFile file in files)
        {
            if (file.Path != PackageSignature.FileName)
            {
                lines.Add((Encoding.UTF8.GetBytes(file.Path), file.Sha256));
            }
        }

        lines.Sort(static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ArrayBufferWriter<byte> line = new(256);
        foreach ((byte[] path, byte[] content) in lines)
        {
            line.ResetWrittenCount();
            line.Write(path);
            line.Write("\t"u8);
            line.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(content)));
            line.Write("\n"u8);
            hash.AppendData(line.WrittenSpan);
        }

        return new ContentDigest(hash.GetHashAndReset());
    }

    /// <summary>Reads 64 hex digits.</summary>
    public static bool TryParse(string? text, out ContentDigest digest)
    {
        digest = default;
        if (!HexText.TryRead(text, Length, out byte[] bytes))
        {
            return false;
        }

        digest = new ContentDigest(bytes);
        return true;
    }

    public bool Equals(ContentDigest other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is ContentDigest other && Equals(other);

    public override int GetHashCode() => _bytes is null ? 0 : BitConverter.ToInt32(_bytes);

    public override string ToString() => Hex;

    public static bool operator ==(ContentDigest left, ContentDigest right) => left.Equals(right);

    public static bool operator !=(ContentDigest left, ContentDigest right) => !left.Equals(right);
}

/// <summary>One file of a package: its path from the package's root, with slashes, and the SHA-256 of its content.</summary>
public readonly record struct HashedFile(string Path, byte[] Sha256);
