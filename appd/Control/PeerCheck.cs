using System.Net.Sockets;
using Weft.Linux;

namespace Weft.Appd.Control;

/// <summary>Decides whether the process at the other end of a Unix socket may speak to the daemon at all.</summary>
internal sealed class PeerCheck(uint ownUid, Func<int, bool> ownedBySession)
{
    /// <summary>Null where the peer may speak, else why not.</summary>
    /// <exception cref="LinuxException">EMFILE, ENFILE: no descriptor is left to look with.</exception>
    public string? Refusal(Socket peer)
    {
        PeerCredentials credentials = UnixSockets.PeerCredentials(peer);
        if (credentials.Uid != ownUid && credentials.Uid != 0)
        {
            return $"peer has uid {credentials.Uid}; only {ownUid} and 0 may connect";
        }

        if (credentials.Pid <= 0)
        {
            return "peer lives in another process namespace";
        }

        // The number alone could name another process by now: the pidfd (Linux 6.5) names the one that connected, and
        // the same start time before and after the look at its ancestors says that they were its own.
        using Descriptor? process = UnixSockets.PeerPidfd(peer);
        ulong? before = Linux.Processes.Look(credentials.Pid)?.StartTime;
        if (before is null)
        {
            return $"peer {credentials.Pid} has already left";
        }

        if (ownedBySession(credentials.Pid))
        {
            return $"peer {credentials.Pid} is part of a session";
        }

        return Linux.Processes.Look(credentials.Pid)?.StartTime == before ? null : $"peer {credentials.Pid} left while it was looked at";
    }
}
