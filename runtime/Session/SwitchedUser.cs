using System.Globalization;
using Weft.Linux;

namespace Weft.Runtime.Session;

/// <summary>
/// <c>--user UID:GID[,GID]…</c>: the first thing that a process of a daemon run by root does, before it reads the first byte of its hold. Numbers,
/// so that no user's database is read with root's rights.
/// </summary>
internal static class SwitchedUser
{
    /// <exception cref="UsageException">It names root, or nobody.</exception>
    /// <exception cref="IOException">The system refuses: this process is not root's.</exception>
    public static void Become(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length != 2 || !TryNumber(parts[0], out uint uid))
        {
            throw Wrong(text);
        }

        string[] names = parts[1].Split(',');
        uint[] groups = new uint[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            if (!TryNumber(names[i], out groups[i]))
            {
                throw Wrong(text);
            }
        }

        CurrentProcess.BecomeUser(uid, groups);
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is not (0 or uint.MaxValue);

    private static UsageException Wrong(string text) => new($"--user '{text}': expected UID:GID[,GID]…, none of them root's");
}
