namespace Weft.Core.Apps;

/// <summary>Names of environment variables as manifests and launches may set them.</summary>
public static class EnvironmentNames
{
    private const int MaximumLength = 256;

    /// <summary>True for letters, digits and underscores of ASCII, no digit first.</summary>
    public static bool IsGood(string name) =>
        name.Length is > 0 and <= MaximumLength && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
