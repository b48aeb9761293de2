using System.Globalization;

namespace Weft.Core.Apps;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Said, and nothing refused.</summary>
    Warning,

    /// <summary>The file is refused.</summary>
    Error,
}

/// <summary>One thing that was found in a file. Lines and columns begin at 1; 0 means that it has no place in the file.</summary>
public sealed record Finding(int Line, int Column, Severity Severity, string Message)
{
    /// <summary><c>line 3, column 5: message</c>, as shown after the file's name.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Line > 0 ? $"line {Line}, column {Column}: " : "")}{(Severity == Severity.Warning ? "warning: " : "")}{Message}");
}
