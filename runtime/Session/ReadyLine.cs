using System.Text;
using Weft.Linux;

namespace Weft.Runtime.Session;

/// <summary>
/// <c>READY token</c> on the standard output that this process was started with, once. The guest's output never goes there where appd listens,
/// so nothing a guest prints can pass for it.
/// </summary>
/// <param name="token">The session's token, or null.</param>
/// <param name="byHand">Without a token nothing is said then.</param>
/// <param name="descriptor">That standard output: descriptor 1 is the guest's.</param>
internal sealed class ReadyLine(string? token, bool byHand, int descriptor)
{
    /// <summary>The variable that carries the session's token.</summary>
    public const string Variable = "WEFT_READY_TOKEN";

    private int _said;

    /// <summary>True once the app is ready.</summary>
    public bool Said => Volatile.Read(ref _said) != 0;

    /// <summary>Says it, the first time; true then.</summary>
    public bool Say()
    {
        if (Interlocked.Exchange(ref _said, 1) != 0)
        {
            return false;
        }

        if (token is not null || !byHand)
        {
            try
            {
                RawDescriptors.WriteAll(descriptor, token is null ? "READY\n"u8 : Encoding.UTF8.GetBytes($"READY {token}\n"));
            }
            catch (IOException)
            {
                // appd is gone; its successor hears it over the channel.
            }
        }

        return true;
    }
}
