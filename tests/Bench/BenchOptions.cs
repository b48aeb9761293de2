using System.Globalization;

namespace Weft.Tests.Bench;

/// <summary>What a bench was asked.</summary>
internal sealed record BenchOptions
{
    /// <summary>How often each side takes its turn.</summary>
    public int Turns { get; init; } = 200;

    /// <summary>How many idle sessions are weighed.</summary>
    public int Sessions { get; init; } = 20;

    public static BenchOptions Parse(string[] args) => new()
    {
        Turns = Number(args, "--turns", 200),
        Sessions = Number(args, "--sessions", 20),
    };

    private static int Number(string[] args, string name, int otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at < 0 ? otherwise : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
