using System.Net.Sockets;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Cli.Doctor;

/// <summary>What the machine has around Weft: compositor, windows, images, journal.</summary>
internal static class MachineParts
{
    private const string Journal = "/run/systemd/journal/socket";

    public static void Add(List<StatusPart> parts, WeftPaths paths)
    {
        AddOnce(parts, Compositor(paths));
        AddOnce(parts, paths.AppShellBinary is { } shell
            ? new StatusPart { Part = "app window", State = PartState.Degraded, Detail = $"{shell} is set, and app shells are not in this version: pages show in the system UI", Remedy = "unset WEFT_APP_SHELL_BIN" }
            : new StatusPart { Part = "app window", State = PartState.Present, Detail = "a sandboxed frame in the system UI" });
        AddOnce(parts, new StatusPart { Part = "app images", State = PartState.Missing, Detail = "verified images are not in this version; packages are folders of the store" });
        AddOnce(parts, File.Exists(Journal)
            ? new StatusPart { Part = "journal", State = PartState.Present, Detail = "systemd's journal" }
            : new StatusPart { Part = "journal", State = PartState.Degraded, Detail = $"no systemd journal ({Journal}): standard error, and a file per session" });
    }

    private static void AddOnce(List<StatusPart> parts, StatusPart part)
    {
        if (!parts.Exists(p => p.Part == part.Part))
        {
            parts.Add(part);
        }
    }

    private static StatusPart Compositor(WeftPaths paths)
    {
        string path = paths.CompositorSocket;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(UnixSockets.Address(path));
            return new StatusPart { Part = "compositor", State = PartState.Present, Detail = $"it listens on {path}" };
        }
        catch (SocketException)
        {
            return new StatusPart
            {
                Part = "compositor",
                State = PartState.Missing,
                Detail = $"nobody listens on {path}; the daemon keeps trying and tells it of every surface once it is there",
                Remedy = "start the kiosk's compositor, if this machine has one",
            };
        }
    }
}
