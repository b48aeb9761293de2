using System.Security.Cryptography;
using System.Text;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>A key of 256 bits in a file of the state root (0600), made where there is none, so that what it signs outlives restarts.</summary>
internal sealed class SecretKey
{
    public const int Length = 32;

    private readonly string _path;
    private byte[] _key;

    private SecretKey(string path, byte[] key)
    {
        _path = path;
        _key = key;
    }

    /// <summary>The key in that file; one that has not its length is replaced, and what it signed is void.</summary>
    public static SecretKey ReadOrMake(string path)
    {
        if (Files.TryStat(path) is { Size: Length, Type: FileType.Regular })
        {
            byte[] key = Files.ReadAll(path, Length);
            if (key.Length == Length)
            {
                return new SecretKey(path, key);
            }
        }

        var made = new SecretKey(path, []);
        made.Replace();
        return made;
    }

    /// <summary>A new key in the old one's place: everything signed so far is void, also after a crash right now.</summary>
    public void Replace()
    {
        byte[] key = RandomNumberGenerator.GetBytes(Length);
        Files.WriteAtomically(_path, key);
        Volatile.Write(ref _key, key);
    }

    /// <summary>The HMAC-SHA-256 of some bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) => HMACSHA256.HashData(Volatile.Read(ref _key), bytes);

    /// <summary>128 bits that only the holder of the key can tell from <paramref name="purpose"/>, in lower-case hex.</summary>
    public string Derive(string purpose) => Convert.ToHexStringLower(Sign(Encoding.UTF8.GetBytes(purpose)).AsSpan(0, 16));

    /// <summary>Compares two secrets without telling by time where they differ.</summary>
    public static bool Same(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(a)), SHA256.HashData(Encoding.UTF8.GetBytes(b)));
}
