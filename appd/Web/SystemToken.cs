using System.Security.Cryptography;
using System.Text;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>The token of role system in the runtime folder (0600): made where there is none, so new at each boot and kept over crash and upgrade.</summary>
internal static class SystemToken
{
    private const int Length = 32; // hexadecimal digits: 128 bits

    public static string ReadOrMake(string path)
    {
        if (Files.TryStat(path, followLink: false) is { Type: FileType.Regular, Mode: var mode, Size: <= 2 * Length } && (mode & 0x3F) == 0)
        {
            string text = Encoding.ASCII.GetString(Files.ReadAll(path, 2 * Length)).Trim();
            if (text.Length == Length && text.All(char.IsAsciiHexDigitLower))
            {
                return text;
            }
        }

        string token = RandomNumberGenerator.GetHexString(Length, lowercase: true);
        Files.WriteAtomically(path, Encoding.ASCII.GetBytes(token));
        return token;
    }
}
