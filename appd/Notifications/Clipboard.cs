using System.Text;
using Weft.Core.Protocol;

namespace Weft.Appd.Notifications;

/// <summary>The one text of the kiosk's clipboard; held while the daemon lives.</summary>
internal sealed class Clipboard
{
    /// <summary>The largest text, in UTF-8 bytes (docs/protocol.md: 64 KiB).</summary>
    public const int LargestText = 64 * 1024;

    private volatile string _text = "";

    /// <summary>The text; empty where nothing was written.</summary>
    public string Read() => _text;

    /// <summary>Replaces the text; 413 where it is too large.</summary>
    public void Write(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > LargestText)
        {
            throw new ControlException(ControlCode.TooLarge, $"clipboard.write: the text has {length} bytes and may have at most {LargestText}");
        }

        _text = text;
    }
}
