using System.CommandLine;
using Weft.Cli.Packaging;
using Weft.Core.Store;
using Weft.Core.Trust;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack sign DIR --key FILE</c></summary>
internal static class PackSignCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string> folder = Inputs.Folder("The package's folder");
        var keyFile = new Option<string>("--key", "-k") { Description = $"The signing key ({SigningKey.FileName})", HelpName = "FILE", Required = true };
        var command = new Command("sign", "Sign what a package holds now") { folder, keyFile };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            using SigningKey key = KeyFiles.ReadSecret(parsed.GetRequiredValue(keyFile));
            ContentDigest digest = PackageFolder.Sign(path, key);
            surroundings.Out.WriteLine($"signed {path} ({digest}) as {key.PublicKey.Hex}");
            return ExitCode.Done;
        });
        return command;
    }
}
