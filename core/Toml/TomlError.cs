using System.Globalization;

namespace Weft.Core.Toml;

/// <summary>A mistake in a TOML file, and where it stands.</summary>
public sealed record TomlError(TomlPosition Position, string Message)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"line {Position.Line}, column {Position.Column}: {Message}");
}

/// <summary>A TOML file that breaks TOML 1.0 or a limit.</summary>
public sealed class TomlException(TomlError error) : FormatException(error.ToString())
{
    public TomlError Error { get; } = error;
}

/// <summary>Limits of one reading. The format itself has none, so a file could ask for any amount of stack or memory.</summary>
public sealed record TomlLimits
{
    /// <summary>Most bytes of a file.</summary>
    public int Bytes { get; init; } = 1 << 20;

    /// <summary>Most levels of tables and arrays inside one another, however they are written; held below what recursion can bear.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Most mistakes that are listed; reading ends with the last.</summary>
    public int Errors { get; init; } = 20;

    /// <summary>1 MiB, 64 levels, 20 mistakes.</summary>
    public static TomlLimits Default { get; } = new();
}

/// <summary>What a reading gave: the tables as far as they could be read, and every mistake.</summary>
public sealed record TomlDocument(TomlTable Root, IReadOnlyList<TomlError> Errors);
