namespace Weft.Tests.Support;

/// <summary>Signs packages as other implementations do: the digest by sha256sum, the signature by OpenSSL, nothing of Weft's code.</summary>
public static class ForeignSigner
{
    /// <summary>What DER puts before the 32 bytes of an Ed25519 public key.</summary>
    public static readonly byte[] PublicKeyPrefix = Convert.FromHexString("302a300506032b6570032100");

    /// <summary>The content digest as the format says it (docs/packages.md).</summary>
    public static async Task<byte[]> DigestAsync(string folder)
    {
        const string script = "cd \"$0\" && find . -type f ! -path ./signature.sig -printf '%P\\n' | LC_ALL=C sort | while IFS= read -r f; do printf '%s\\t%s\\n' \"$f\" \"$(sha256sum < \"$f\" | cut -d' ' -f1)\"; done | sha256sum | cut -d' ' -f1";
        return Convert.FromHexString((await Commands.RunAsync("sh", ["-c", script, folder])).Success().Trim());
    }

    /// <summary>Signs a package with a key made for it; the public key, in the form of a weft-sign.pub.</summary>
    /// <param name="work">A folder for the keys.</param>
    public static async Task<string> SignAsync(string folder, string work)
    {
        string digest = Path.Combine(work, "foreign.digest"), signature = Path.Combine(work, "foreign.signature"), secret = Path.Combine(work, "foreign.der"), open = Path.Combine(work, "foreign.public.der");
        await File.WriteAllBytesAsync(digest, await DigestAsync(folder));
        (await Commands.RunAsync("openssl", ["genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", secret])).Success();
        (await Commands.RunAsync("openssl", ["pkey", "-inform", "DER", "-in", secret, "-pubout", "-outform", "DER", "-out", open])).Success();
        (await Commands.RunAsync("openssl", ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", secret, "-in", digest, "-out", signature])).Success();
        await File.WriteAllTextAsync(Path.Combine(folder, "signature.sig"), Convert.ToHexStringLower(await File.ReadAllBytesAsync(signature)) + "\n");
        return Convert.ToHexStringLower((await File.ReadAllBytesAsync(open))[PublicKeyPrefix.Length..]) + "\n";
    }
}
