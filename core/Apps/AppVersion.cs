using System.Diagnostics.CodeAnalysis;
using NuGet.Versioning;

namespace Weft.Core.Apps;

/// <summary>Versions of apps: SemVer 2.0.0 and nothing beside it (no fourth number, no leading zeros, no blanks).</summary>
public static class AppVersion
{
    private const int MaximumLength = 128;

    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        // NuGet's reader tolerates blanks and zeros in front; only what it writes back unchanged is SemVer.
        return text is { Length: > 0 and <= MaximumLength }
            && SemanticVersion.TryParse(text, out version)
            && version.ToFullString() == text
            && version.ReleaseLabels.All(IsGoodLabel);
    }

    private static bool IsGoodLabel(string label) => label.Length > 0 && !(label.Length > 1 && label[0] == '0' && label.All(char.IsAsciiDigit));
}
