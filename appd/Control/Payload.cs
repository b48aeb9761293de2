using System.Text;
using Weft.Core.Protocol;

namespace Weft.Appd.Control;

/// <summary>The bound of one text to a guest.</summary>
internal static class Payload
{
    /// <summary>Throws 413 where the text is larger than a payload may be.</summary>
    public static void Check(string operation, string payload)
    {
        int length = Encoding.UTF8.GetByteCount(payload);
        if (length > IpcForward.LargestPayload)
        {
            throw new ControlException(
                ControlCode.TooLarge,
                $"{operation}: the payload has {length} bytes and may have at most {IpcForward.LargestPayload}; send it in parts");
        }
    }
}
