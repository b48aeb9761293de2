using System.Diagnostics.CodeAnalysis;

namespace Weft.Core.Apps;

/// <summary>
/// The name of an app: at least three labels, each <c>[a-z][a-z0-9]*</c>, joined by dots, at most 128 bytes
/// (docs/packages.md). ASCII only, so nothing can look like another id, leave a folder or hide in a terminal.
/// </summary>
public readonly record struct AppId : IComparable<AppId>
{
    /// <summary>Longest id in bytes.</summary>
    public const int MaximumLength = 128;

    /// <summary>What an id must look like, for messages to people.</summary>
    public const string Rule = "at least three labels of a-z and 0-9, each beginning with a letter, joined by dots, at most 128 bytes, such as com.example.notes";

    private readonly string? _value;

    private AppId(string value) => _value = value;

    /// <summary>The text of the id; empty for <c>default</c>, which is no id.</summary>
    public string Value => _value ?? "";

    /// <summary>Reads an id; false for anything that breaks <see cref="Rule"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AppId id)
    {
        id = default;
        if (text is null || text.Length is 0 or > MaximumLength)
        {
            return false;
        }

        int labels = 1;
        bool first = true;
        foreach (char c in text)
        {
            if (c == '.')
            {
                if (first)
                {
                    return false;
                }

                labels++;
                first = true;
            }
            else if (char.IsAsciiLetterLower(c) || (!first && char.IsAsciiDigit(c)))
            {
                first = false;
            }
            else
            {
                return false;
            }
        }

        if (first || labels < 3)
        {
            return false;
        }

        id = new AppId(text);
        return true;
    }

    /// <summary>Reads an id that is known to be one.</summary>
    /// <exception cref="FormatException">The text breaks <see cref="Rule"/>.</exception>
    public static AppId Parse(string text) =>
        TryParse(text, out AppId id) ? id : throw new FormatException($"'{Printable.Quote(text)}' is no app id: {Rule}");

    /// <inheritdoc/>
    public int CompareTo(AppId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    public static bool operator <(AppId left, AppId right) => left.CompareTo(right) < 0;

    public static bool operator <=(AppId left, AppId right) => left.CompareTo(right) <= 0;

    public static bool operator >(AppId left, AppId right) => left.CompareTo(right) > 0;

    public static bool operator >=(AppId left, AppId right) => left.CompareTo(right) >= 0;
}
