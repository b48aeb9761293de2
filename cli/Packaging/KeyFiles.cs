using System.Security.Cryptography;
using Weft.Core.Trust;

namespace Weft.Cli.Packaging;

/// <summary>Key files as commands name them.</summary>
internal static class KeyFiles
{
    /// <summary>A key file has 65 bytes; anything longer than this is another file, and none of it is shown.</summary>
    private const int MaximumBytes = 1024;

    /// <summary>Reads a secret key; the caller disposes it.</summary>
    /// <exception cref="CliException">The file holds none.</exception>
    public static SigningKey ReadSecret(string path)
    {
        byte[] content = Read(path);
        try
        {
            return SigningKey.TryParse(content, out SigningKey? key) ? key! : throw CliException.Failed($"{path} holds no signing key: {SigningKey.Form} was expected");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Reads a public key.</summary>
    /// <exception cref="CliException">The file holds none.</exception>
    public static PublisherKey ReadPublic(string path) =>
        PublisherKey.TryParse(Read(path), out PublisherKey? key) ? key! : throw CliException.Failed($"{path} holds no public key: {PublisherKey.Form} was expected");

    private static byte[] Read(string path)
    {
        if (!File.Exists(path))
        {
            throw CliException.Failed($"there is no key file {path}; `weft pack generate-key` makes a pair");
        }

        using FileStream file = File.OpenRead(path);
        if (file.Length > MaximumBytes)
        {
            throw CliException.Failed($"{path} has {file.Length} bytes and is no key file");
        }

        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }
}
