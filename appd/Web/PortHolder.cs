using System.Globalization;
using Weft.Linux;

namespace Weft.Appd.Web;

/// <summary>Finds out which program listens on a port, as far as this user may see it.</summary>
internal static class PortHolder
{
    private const string Listening = "0A"; // TCP_LISTEN in /proc/net/tcp

    /// <summary><c> by pid 12 (node)</c>, or nothing where the kernel does not say.</summary>
    public static string Describe(int port)
    {
        HashSet<string> inodes = [.. Inodes("/proc/net/tcp", port), .. Inodes("/proc/net/tcp6", port)];
        if (inodes.Count == 0)
        {
            return "";
        }

        foreach (ProcessFacts process in Linux.Processes.All())
        {
            try
            {
                foreach (string descriptor in Directory.EnumerateFiles($"/proc/{process.Pid}/fd"))
                {
                    if (new FileInfo(descriptor).LinkTarget is { } target && inodes.Contains(target))
                    {
                        return string.Create(CultureInfo.InvariantCulture, $" by pid {process.Pid} ({process.Name})");
                    }
                }
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                // Another user's, or gone.
            }
        }

        return " by a program of another user";
    }

    private static IEnumerable<string> Inodes(string table, int port)
    {
        if (!File.Exists(table))
        {
            yield break;
        }

        string local = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (string line in File.ReadLines(table))
        {
            // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] == Listening)
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }
}
