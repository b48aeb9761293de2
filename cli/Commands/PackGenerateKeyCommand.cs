using System.CommandLine;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Cli.Commands;

/// <summary><c>weft pack generate-key [DIR]</c>: a publisher's key pair.</summary>
internal static class PackGenerateKeyCommand
{
    private const int PrivateMode = 0x180; // 0600
    private const int PublicMode = 0x1A4;  // 0644

    public static Command Create(Surroundings surroundings)
    {
        var folder = new Argument<string>("dir") { Description = "Folder for the two files", HelpName = "DIR", DefaultValueFactory = static _ => "." };
        var command = new Command("generate-key", $"Make a key pair: {SigningKey.FileName} (keep it secret) and {PublisherKey.FileName}") { folder };
        command.SetAction(parsed =>
        {
            string into = parsed.GetRequiredValue(folder);
            string secretPath = Path.Combine(into, SigningKey.FileName);
            string publicPath = Path.Combine(into, PublisherKey.FileName);
            foreach (string path in (string[])[secretPath, publicPath])
            {
                if (Path.Exists(path))
                {
                    throw CliException.Failed($"generate-key: {path} is there already, and a lost key cannot be made again; choose another folder");
                }
            }

            Directory.CreateDirectory(into);
            using SigningKey key = SigningKey.Generate();
            Files.WriteAtomically(secretPath, key.ToFile(), PrivateMode);
            Files.WriteAtomically(publicPath, System.Text.Encoding.ASCII.GetBytes(key.PublicKey.Hex + "\n"), PublicMode);
            surroundings.Out.WriteLine($"{secretPath}\n{publicPath}");
            surroundings.Error.WriteLine($"keep {SigningKey.FileName} secret; to trust its packages, copy {PublisherKey.FileName} into /etc/weft/trusted-keys/ or ~/.config/weft/trusted-keys/");
            return ExitCode.Done;
        });
        return command;
    }
}
