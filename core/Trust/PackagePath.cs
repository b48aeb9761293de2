using System.Globalization;
using System.Text;

namespace Weft.Core.Trust;

/// <summary>The rules for paths inside a package: relative, with slashes, plain UTF-8 without control characters.</summary>
public static class PackagePath
{
    /// <summary>Longest path in UTF-8 bytes.</summary>
    public const int MaximumLength = 1024;

    /// <summary>Longest single name in UTF-8 bytes (NAME_MAX of Linux).</summary>
    public const int MaximumNameLength = 255;

    /// <summary>Most names in a path.</summary>
    public const int MaximumDepth = 32;

    /// <summary>Null where the path is right; else what is wrong with it, as in <c>holds '..'</c>.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0)
        {
            return "is empty";
        }

        if (path[0] == '/')
        {
            return "is absolute";
        }

        if (Encoding.UTF8.GetByteCount(path) > MaximumLength)
        {
            return $"is longer than {MaximumLength} bytes";
        }

        int depth = 0;
        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (++depth > MaximumDepth)
            {
                return $"is deeper than {MaximumDepth} folders";
            }

            if (NameProblem(path.AsSpan(range)) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>As <see cref="Problem"/>, of one name in a path.</summary>
    public static string? NameProblem(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
        {
            return "holds an empty name";
        }

        if (name is "." or "..")
        {
            return $"holds '{name}'";
        }

        if (Encoding.UTF8.GetByteCount(name) > MaximumNameLength)
        {
            return $"holds a name longer than {MaximumNameLength} bytes";
        }

        foreach (Rune rune in name.EnumerateRunes())
        {
            // What a lone surrogate reads as: it would be written as U+FFFD, and two names could become one.
            if (rune == Rune.ReplacementChar && !name.Contains('\uFFFD'))
            {
                return "is not UTF-8";
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return "holds a control character";
            }
        }

        return null;
    }
}
