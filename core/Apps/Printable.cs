using System.Globalization;
using System.Text;

namespace Weft.Core.Apps;

/// <summary>Foreign text made safe to show in a message, a log line or a terminal.</summary>
public static class Printable
{
    private const int MaximumShown = 80;

    /// <summary>
    /// True for characters that change what a reader sees without being seen: controls, line and paragraph separators,
    /// direction marks, zero-width and other format characters, lone surrogates and private use.
    /// </summary>
    public static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;

    /// <summary>True where <paramref name="text"/> holds a character of <see cref="IsHidden"/>.</summary>
    public static bool HasHidden(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            // EnumerateRunes gives U+FFFD for a lone surrogate, which cannot be written as UTF-8 either.
            if (IsHidden(rune) || (rune == Rune.ReplacementChar && !text.Contains('\uFFFD')))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text with hidden characters as <c>\u{…}</c>, cut after 80 characters.</summary>
    public static string Quote(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var shown = new StringBuilder(Math.Min(text.Length, MaximumShown) + 1);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (shown.Length >= MaximumShown)
            {
                shown.Append('…');
                break;
            }

            if (IsHidden(rune))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.ToString();
    }
}
