namespace Weft.Tests.Support;

/// <summary>Namespaces that a daemon and its sessions have for themselves. Needs root.</summary>
/// <param name="before">What a shell does in them before it becomes the daemon; <c>$TOP</c> is <see cref="Daemon.Top"/>.</param>
/// <param name="network">
/// A network too, without a way out: there is nothing but lo, and every address is on it, so that what a guest connects to is answered
/// inside or nowhere.
/// </param>
public sealed class DaemonWorld(string before, bool network = false)
{
    private static readonly string[] Mounts = ["-m", "--propagation", "private"];

    private string[] Namespaces => network ? [.. Mounts, "-n"] : Mounts;

    private string LinkUp => network ? "ip link set lo up; ip route add local default dev lo; " : "";

    /// <summary>The arguments of <c>unshare</c> that end in that program.</summary>
    internal IEnumerable<string> Arguments(IEnumerable<string> program) => [.. Namespaces, "sh", "-ec", $"{LinkUp}{before}; exec \"$0\" \"$@\"", .. program];

    internal async Task NeedAsync()
    {
        CommandResult own = await Commands.RunAsync("unshare", [.. Namespaces, "sh", "-ec", LinkUp + "true"]);
        Prerequisite.Need(own.ExitCode == 0, $"namespaces of the test's ({own.Errors.Trim()})");
    }
}
