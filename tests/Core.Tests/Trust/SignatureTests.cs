using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Weft.Core.Store;
using Weft.Core.Tests.Store;
using Weft.Core.Trust;
using Weft.Linux;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Core.Tests.Trust;

public sealed class SignatureTests
{
    // RFC 8032, 7.1: seed, public key, message, signature.
    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void The_vectors_of_the_RFC_come_out(string seed, string publicKey, string message, string signature)
    {
        byte[] made = Ed25519.Sign(Convert.FromHexString(seed), Convert.FromHexString(message));
        Assert.Equal(signature, Convert.ToHexStringLower(made));
        Assert.Equal(publicKey, Convert.ToHexStringLower(Ed25519.PublicKey(Convert.FromHexString(seed))));
        Assert.True(Ed25519.Verify(Convert.FromHexString(publicKey), Convert.FromHexString(message), made));
        made[7] ^= 1;
        Assert.False(Ed25519.Verify(Convert.FromHexString(publicKey), Convert.FromHexString(message), made));
    }

    [Fact]
    public void What_cannot_be_a_key_verifies_nothing()
    {
        byte[] signature = new byte[Ed25519.SignatureLength];
        Assert.False(Ed25519.Verify(new byte[31], "x"u8, signature));
        Assert.False(Ed25519.Verify(Enumerable.Repeat((byte)0xFF, 32).ToArray(), "x"u8, signature));
        Assert.False(Ed25519.Verify(new byte[32], "x"u8, new byte[63]));
    }

    [Fact]
    public void The_digest_is_over_sorted_lines_of_path_and_hash_without_the_signature()
    {
        using TestFolder folder = new();
        foreach ((string path, string content) in ((string, string)[])[("b", "2"), ("a/z", "1"), ("a.x", "3"), ("é", "4"), ("Z", "5"), ("a/signature.sig", "6"), ("signature.sig", "7")])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            File.WriteAllText(folder[path], content);
        }

        Directory.CreateDirectory(folder["empty"]);

        // By their bytes: '.' (2e) before '/' (2f), capitals before small letters, é (c3 a9) last.
        string lines = string.Concat(((string, string)[])[("Z", "5"), ("a.x", "3"), ("a/signature.sig", "6"), ("a/z", "1"), ("b", "2"), ("é", "4")]
            is var files ? files.Select(f => $"{f.Item1}\t{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(f.Item2)))}\n") : []);
        using Descriptor root = Files.Open(folder.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines))), PackageTree.Read(root).Digest.Hex);
    }

    [SkippableFact]
    public void OpenSSL_verifies_what_we_sign()
    {
        using TestFolder folder = new();
        using SigningKey key = SigningKey.Generate();
        string package = TestPackage.Make(folder, key);

        // An Ed25519 SubjectPublicKeyInfo is these 12 bytes and the raw key (RFC 8410).
        File.WriteAllBytes(folder["pub.der"], [.. Convert.FromHexString("302a300506032b6570032100"), .. key.PublicKey.Bytes]);
        string text = File.ReadAllText(Path.Combine(package, "signature.sig"));
        Assert.Equal(128, text.TrimEnd().Length);
        File.WriteAllBytes(folder["sig.bin"], Convert.FromHexString(text.TrimEnd()));
        File.WriteAllBytes(folder["digest.bin"], Digest(package).Bytes.ToArray());
        OpenSsl($"pkeyutl -verify -rawin -pubin -keyform DER -inkey {folder["pub.der"]} -in {folder["digest.bin"]} -sigfile {folder["sig.bin"]}", 0);

        File.AppendAllText(Path.Combine(package, "ui/index.html"), "x");
        File.WriteAllBytes(folder["digest.bin"], Digest(package).Bytes.ToArray());
        OpenSsl($"pkeyutl -verify -rawin -pubin -keyform DER -inkey {folder["pub.der"]} -in {folder["digest.bin"]} -sigfile {folder["sig.bin"]}", 1);
    }

    [SkippableFact]
    public async Task A_store_takes_what_OpenSSL_signed()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder);
        OpenSsl($"genpkey -algorithm ed25519 -outform DER -out {store.Folder["key.der"]}", 0);
        OpenSsl($"pkey -inform DER -in {store.Folder["key.der"]} -pubout -outform DER -out {store.Folder["pub.der"]}", 0);
        File.WriteAllBytes(store.Folder["digest.bin"], Digest(package).Bytes.ToArray());
        OpenSsl($"pkeyutl -sign -rawin -keyform DER -inkey {store.Folder["key.der"]} -in {store.Folder["digest.bin"]} -out {store.Folder["sig.bin"]}", 0);

        // As a foreign tool may write them: capitals, no line end; white space after the key.
        File.WriteAllText(Path.Combine(package, "signature.sig"), Convert.ToHexString(File.ReadAllBytes(store.Folder["sig.bin"])));
        File.WriteAllText(Path.Combine(store.Folder["keys"], "openssl.pub"), Convert.ToHexStringLower(File.ReadAllBytes(store.Folder["pub.der"])[^32..]) + " \r\n\n");
        Assert.True((await store.Install(package)).Package.Trusted);

        // The seed is the last 32 bytes of its PKCS#8 form: our signature with it is the same.
        byte[] seed = File.ReadAllBytes(store.Folder["key.der"])[^32..];
        Assert.True(SigningKey.TryParse(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(seed)), out SigningKey? key));
        Assert.Equal(File.ReadAllBytes(store.Folder["sig.bin"]), key!.Sign(Digest(package)).Bytes.ToArray());
        key.Dispose();
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("00", false)]
    [InlineData("g000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", true)]
    [InlineData("ABCDEF0000000000000000000000000000000000000000000000000000000000\r\n \t\n", true)]
    [InlineData(" 0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000\0", false)]
    [InlineData("00000000000000000000000000000000\n00000000000000000000000000000000", false)]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000é", false)]
    public void A_key_is_64_hex_digits_and_at_most_white_space_after_them(string text, bool good)
    {
        Assert.Equal(good, PublisherKey.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.Equal(good, PublisherKey.TryParse(text, out _));
        Assert.Equal(good, SigningKey.TryParse(Encoding.UTF8.GetBytes(text), out SigningKey? key));
        key?.Dispose();
        Assert.Equal(good, PackageSignature.TryParse(Encoding.UTF8.GetBytes(text.TrimEnd("\r\n \t".ToCharArray()) + text), out _) && good);
    }

    [Fact]
    public void A_huge_key_file_is_no_key_and_costs_nothing()
    {
        byte[] huge = new byte[1 << 20];
        huge.AsSpan().Fill((byte)' ');
        huge.AsSpan(0, 64).Fill((byte)'0');
        Assert.False(PublisherKey.TryParse(huge, out _));
    }

    [Fact]
    public void Trusted_keys_name_the_files_that_are_none()
    {
        using TestFolder folder = new();
        using SigningKey key = SigningKey.Generate();
        File.WriteAllText(folder["good.pub"], key.PublicKey.Hex);
        File.WriteAllText(folder["bad.pub"], "hello");
        File.WriteAllText(folder["notes.txt"], "not looked at");
        TrustedKeyFolders folders = new([folder.Path, folder["missing"]]);
        TrustedKeys keys = folders.Current();
        Assert.Equal([key.PublicKey], keys.Keys);
        Assert.Equal($"{folder["bad.pub"]} is no key: it must hold 64 hex digits (an Ed25519 public key, as `weft pack generate-key` writes it)", Assert.Single(keys.Problems));
        Assert.Same(keys, folders.Current());

        File.Delete(folder["bad.pub"]);
        Assert.Empty(folders.Current().Problems);
        Directory.CreateDirectory(folder["missing"]);
        File.WriteAllText(folder["missing/more.pub"], SigningKeyHex());
        Assert.Equal(2, folders.Current().Keys.Count);
    }

    [Fact]
    public void Verify_says_whether_it_is_the_key_or_the_missing_signature()
    {
        using TestFolder folder = new();
        using SigningKey key = SigningKey.Generate();
        using SigningKey other = SigningKey.Generate();
        string package = TestPackage.Make(folder);
        PackageException e = Assert.Throws<PackageException>(() => PackageFolder.Verify(package, key.PublicKey));
        Assert.Equal($"{package} is not signed: `weft pack sign` does that", e.Message);
        ContentDigest digest = PackageFolder.Sign(package, key);
        Assert.Equal(digest, PackageFolder.Verify(package, key.PublicKey));
        e = Assert.Throws<PackageException>(() => PackageFolder.Verify(package, other.PublicKey));
        Assert.Equal(PackageFault.Untrusted, e.Fault);
        Assert.Equal(digest, PackageFolder.Sign(package, other));
        PackageFolder.Verify(package, other.PublicKey);
    }

    private static string SigningKeyHex()
    {
        using SigningKey key = SigningKey.Generate();
        return key.PublicKey.Hex;
    }

    private static ContentDigest Digest(string package)
    {
        using Descriptor root = Files.Open(package, OpenFlags.ReadOnly | OpenFlags.Directory);
        return PackageTree.Read(root).Digest;
    }

    private static void OpenSsl(string arguments, int code)
    {
        Prerequisite.Need(File.Exists("/usr/bin/openssl"), "the openssl command line (Debian: openssl)");
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string said = process.StandardError.ReadToEnd() + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == code, $"openssl {arguments}: {process.ExitCode}\n{said}");
    }
}
