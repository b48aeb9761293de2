using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Weft.Appd.Control;
using Weft.Core.Protocol;

namespace Weft.Appd.Web;

/// <summary>What a credential says; true because it is signed.</summary>
/// <param name="Renewable">It lives its 24 hours anew whenever it is used; one with a time of its own does not.</param>
internal readonly record struct CredentialFacts(ClientRole Role, DateTimeOffset Expires, bool Renewable);

/// <summary>
/// Credentials, one-use codes and the system token. A credential is its facts and an HMAC under a key in the state root: there is no
/// table of them, so they outlive crash, upgrade and reboot, and all end when the key is replaced.
/// </summary>
internal sealed class Credentials(SecretKey key, string systemToken, Announcements announcements, WebLimits limits, TimeProvider time, Func<int?> port) : ITokens
{
    /// <summary>How long a credential lives unless it is used (docs/protocol.md: 24 h).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private static readonly TimeSpan CodeLifetime = TimeSpan.FromSeconds(60); // docs/protocol.md: 60 s
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(366); // ours

    private const byte Version = 1;
    private const int FactsLength = 1 + 1 + 1 + 8 + 16; // version, role, renewable, expiry, random
    private const int MacLength = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ClientRole Role, long Made)> _codes = []; // guarded by _lock; by the SHA-256 of the code

    public TokenReply Mint(ClientRole role, ulong? seconds, bool once)
    {
        if (role == ClientRole.App)
        {
            throw new ControlException(ControlCode.Malformed, "MINT_TOKEN: the role is system or observer; a page's token is made with its session");
        }

        if (once)
        {
            int open = port() ?? throw new ControlException(ControlCode.Unavailable, "MINT_TOKEN: the web port is not open, so there is no page to show; weft status says why");
            string code = NewCode(role);
            return new TokenReply { Token = code, Url = $"http://localhost:{open}/#code={code}" };
        }

        if (seconds is not { } wanted)
        {
            return new TokenReply { Token = Make(role, Lifetime, renewable: true) };
        }

        return wanted is 0 || wanted > LongestLifetime.TotalSeconds
            ? throw new ControlException(ControlCode.Malformed, $"MINT_TOKEN: ttl_s is from 1 to {LongestLifetime.TotalSeconds}, not {wanted}")
            : new TokenReply { Token = Make(role, TimeSpan.FromSeconds(wanted), renewable: false) };
    }

    public void RevokeAll()
    {
        lock (_lock)
        {
            _codes.Clear();
        }

        key.Replace();
        announcements.FinishWhere(requester => requester.UsesCredential, new Farewell(CloseCode.Policy, "all credentials were revoked"));
    }

    /// <summary>Takes a one-use code for a credential; null where there is no such code, or no more.</summary>
    public string? Redeem(string code)
    {
        lock (_lock)
        {
            return _codes.Remove(Hash(code), out (ClientRole Role, long Made) open) && time.GetElapsedTime(open.Made) < CodeLifetime
                ? Make(open.Role, Lifetime, renewable: true)
                : null;
        }
    }

    /// <summary>True for the content of appd.systoken.</summary>
    public bool IsSystemToken(string token) => SecretKey.Same(token, systemToken);

    /// <summary>What a credential says; null where it is none, forged, expired or revoked.</summary>
    public CredentialFacts? Check(string credential)
    {
        Span<byte> bytes = stackalloc byte[FactsLength + MacLength];
        if (credential.Length != Base64Url.GetEncodedLength(bytes.Length)
            || !Base64Url.TryDecodeFromChars(credential, bytes, out int written) || written != bytes.Length
            || !CryptographicOperations.FixedTimeEquals(key.Sign(bytes[..FactsLength]), bytes[FactsLength..])
            || bytes[0] != Version)
        {
            return null;
        }

        // The wall clock: a credential outlives reboots, and no monotonic clock does.
        var expires = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(bytes[3..]));
        return time.GetUtcNow() < expires ? new CredentialFacts((ClientRole)bytes[1], expires, bytes[2] != 0) : null;
    }

    /// <summary>The credential to go on with; null where it ends when it ends.</summary>
    public string? Renew(CredentialFacts used) => used.Renewable ? Make(used.Role, Lifetime, renewable: true) : null;

    private string Make(ClientRole role, TimeSpan lifetime, bool renewable)
    {
        Span<byte> bytes = stackalloc byte[FactsLength + MacLength];
        bytes[0] = Version;
        bytes[1] = (byte)role;
        bytes[2] = renewable ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(bytes[3..], (time.GetUtcNow() + lifetime).ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(bytes[11..FactsLength]);
        key.Sign(bytes[..FactsLength]).CopyTo(bytes[FactsLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    private string NewCode(ClientRole role)
    {
        string code = RandomNumberGenerator.GetHexString(32, lowercase: true);
        lock (_lock)
        {
            foreach (string old in _codes.Where(open => time.GetElapsedTime(open.Value.Made) >= CodeLifetime).Select(open => open.Key).ToArray())
            {
                _codes.Remove(old);
            }

            if (_codes.Count >= limits.OpenCodes)
            {
                throw new ControlException(ControlCode.TooMany, $"MINT_TOKEN: {limits.OpenCodes} one-use codes are open; they end after {CodeLifetime.TotalSeconds} s");
            }

            _codes.Add(Hash(code), (role, time.GetTimestamp()));
        }

        return code;
    }

    // By its hash, so that the time of a lookup says nothing about the codes there are.
    private static string Hash(string code) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(code)));
}
