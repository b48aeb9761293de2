using System.CommandLine;
using Weft.Cli.Packaging;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack verify DIR [--key PUB]</c>: by that key, or by any that this machine trusts.</summary>
internal static class PackVerifyCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("The package's folder");
        var keyFile = new Option<string?>("--key", "-k") { Description = $"The public key ({PublisherKey.FileName}); without it, the keys that this machine trusts", HelpName = "PUB" };
        var command = new Command("verify", "Check a package's signature") { folder, keyFile };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            (ContentDigest digest, PublisherKey key) = parsed.GetValue(keyFile) is { } file
                ? Verify(path, KeyFiles.ReadPublic(file))
                : VerifyTrusted(surroundings, path);
            surroundings.Out.WriteLine($"verified {path} ({digest}), signed by {key.Hex}");
            return ExitCode.Done;
        });
        return command;
    }

    private static (ContentDigest Digest, PublisherKey Key) Verify(string path, PublisherKey key) => (PackageFolder.Verify(path, key), key);

    private static (ContentDigest Digest, PublisherKey Key) VerifyTrusted(Surroundings surroundings, string path)
    {
        PackageReport report = PackageFolder.Check(path);
        if (report.Digest is not { } digest || report.Signature is null)
        {
            throw CliException.Failed($"{path} is not signed; `weft pack sign` does that");
        }

        TrustedKeys trusted = new TrustedKeyFolders(surroundings.Paths.TrustedKeyFolders).Current();
        return trusted.Verify(digest, report.Signature) is { } key
            ? (digest, key)
            : throw CliException.Failed($"{path} is signed by none of the {trusted.Keys.Count} keys in {string.Join(" and ", surroundings.Paths.TrustedKeyFolders)}, or was changed after signing; name the publisher's key with --key");
    }
}
