using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>libcrypto said no to something that is not about the signature itself: out of memory, an algorithm it was built without.</summary>
public sealed class CryptoException(string call) : Exception($"libcrypto's {call} failed: is OpenSSL 3 with Ed25519 installed?");

/// <summary>
/// Ed25519 of RFC 8032 (pure, no context) by OpenSSL 3, which .NET has no class for. Keys are raw: 32 bytes of seed, 32 bytes of
/// public key; a signature is 64 bytes.
/// </summary>
public static unsafe partial class Ed25519
{
    public const int KeyLength = 32;
    public const int SignatureLength = 64;

    private const string Library = "libcrypto.so.3";
    private const int EVP_PKEY_ED25519 = 1087;

    /// <summary>The public key that belongs to <paramref name="seed"/>.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> seed)
    {
        using KeyHandle key = PrivateKey(seed);
        byte[] result = new byte[KeyLength];
        nuint length = KeyLength;

        // The buffer and its length live on this frame for the call, which writes at most length bytes.
        fixed (byte* bytes = result)
        {
            Check(EVP_PKEY_get_raw_public_key(key, bytes, &length), nameof(EVP_PKEY_get_raw_public_key));
        }

        return result;
    }

    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        using KeyHandle key = PrivateKey(seed);
        using ContextHandle context = NewContext();
        byte[] signature = new byte[SignatureLength];
        nuint length = SignatureLength;

        // Ed25519 is one-shot: no digest (null), the whole message at once. All buffers are pinned for the call.
        fixed (byte* output = signature, input = message)
        {
            byte none;
            Check(EVP_DigestSignInit(context, 0, 0, 0, key), nameof(EVP_DigestSignInit));
            Check(EVP_DigestSign(context, output, &length, input is null ? &none : input, (nuint)message.Length), nameof(EVP_DigestSign));
        }

        return signature;
    }

    /// <summary>Whether the signature is right. A key that is no point of the curve, or a signature of another length, is simply not.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyLength || signature.Length != SignatureLength)
        {
            return false;
        }

        // As above: one-shot, everything pinned for the call.
        fixed (byte* keyBytes = publicKey, input = message, sign = signature)
        {
            using KeyHandle key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, 0, keyBytes, KeyLength);
            if (key.IsInvalid)
            {
                ERR_clear_error();
                return false;
            }

            using ContextHandle context = NewContext();
            byte none;
            Check(EVP_DigestVerifyInit(context, 0, 0, 0, key), nameof(EVP_DigestVerifyInit));
            bool right = EVP_DigestVerify(context, sign, SignatureLength, input is null ? &none : input, (nuint)message.Length) == 1;
            if (!right)
            {
                // What is left in this thread's queue would be reported by the next user of OpenSSL in it.
                ERR_clear_error();
            }

            return right;
        }
    }

    private static KeyHandle PrivateKey(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != KeyLength)
        {
            throw new ArgumentException($"An Ed25519 seed has {KeyLength} bytes, not {seed.Length}.", nameof(seed));
        }

        // Pinned for the call, which copies the bytes.
        fixed (byte* bytes = seed)
        {
            KeyHandle key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, 0, bytes, KeyLength);
            return key.IsInvalid ? throw Failed(nameof(EVP_PKEY_new_raw_private_key)) : key;
        }
    }

    private static ContextHandle NewContext()
    {
        ContextHandle context = EVP_MD_CTX_new();
        return context.IsInvalid ? throw Failed(nameof(EVP_MD_CTX_new)) : context;
    }

    private static void Check(int result, string call)
    {
        if (result != 1)
        {
            throw Failed(call);
        }
    }

    private static CryptoException Failed(string call)
    {
        ERR_clear_error();
        return new CryptoException(call);
    }

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, byte* publicKey, nuint* length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial ContextHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSignInit(ContextHandle context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSign(ContextHandle context, byte* signature, nuint* signatureLength, byte* message, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(ContextHandle context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(ContextHandle context, byte* signature, nuint signatureLength, byte* message, nuint length);

    [LibraryImport(Library)]
    private static partial void ERR_clear_error();

    private sealed class KeyHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    private sealed class ContextHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
