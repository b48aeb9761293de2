using System.Globalization;
using System.Text;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Cli.Output;

/// <summary>Values as people read them.</summary>
internal static class Show
{
    /// <summary>Local time of a Unix time in milliseconds.</summary>
    public static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>How long ago: <c>12s</c>, <c>5m</c>, <c>3h</c>, <c>2d</c>.</summary>
    public static string Since(long milliseconds, TimeProvider time)
    {
        long seconds = Math.Max(0, (time.GetUtcNow().ToUnixTimeMilliseconds() - milliseconds) / 1000);
        return seconds switch
        {
            < 60 => $"{seconds}s",
            < 3600 => $"{seconds / 60}m",
            < 86_400 => $"{seconds / 3600}h",
            _ => $"{seconds / 86_400}d",
        };
    }

    public static string Bytes(ulong? bytes) => bytes switch
    {
        null => "-",
        < 10 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB"),
    };

    /// <summary>Why a session ended, in one line.</summary>
    public static string End(SessionEnd end) => $"{end.Cause.Wire()}: {Line(end.Message)}";

    /// <summary>Foreign text on one line of a terminal: nothing in it acts on the terminal.</summary>
    public static string Line(string text)
    {
        if (!text.EnumerateRunes().Any(Unsafe))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Unsafe(rune))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.ToString();

        static bool Unsafe(Rune rune) => rune.Value != '\t' && rune.Value is not (0x200C or 0x200D) && Printable.IsHidden(rune);
    }
}
