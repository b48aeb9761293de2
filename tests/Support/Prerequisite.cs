using Xunit;

namespace Weft.Tests.Support;

/// <summary>Parts of the machine that a test needs: without them it is skipped with the reason, and fails where <c>CI</c> is set.</summary>
public static class Prerequisite
{
    /// <summary>The project's root: the nearest folder above the test binary that holds Weft.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of shared test data (<c>WEFT_SHARED</c>, else <c>../shared</c> beside the project), or null.</summary>
    public static string? Shared { get; } = FindShared();

    /// <summary>Skips the test, or fails it in CI, unless <paramref name="present"/>.</summary>
    public static void Need(bool present, string what)
    {
        if (present)
        {
            return;
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")))
        {
            Assert.Fail($"this machine lacks what the test needs: {what}");
        }

        Skip.If(true, $"this machine lacks {what}");
    }

    /// <summary>The path of a file of the shared test data; the test is skipped where it is not there.</summary>
    public static string SharedFile(string relative)
    {
        string? path = Shared is null ? null : Path.Combine(Shared, relative);
        Need(path is not null && (File.Exists(path) || Directory.Exists(path)), $"../shared/{relative} (or WEFT_SHARED)");
        return path!;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Weft.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Weft.sln above {AppContext.BaseDirectory}");
    }

    private static string? FindShared()
    {
        string path = Environment.GetEnvironmentVariable("WEFT_SHARED") is { Length: > 0 } set ? set : Path.Combine(Root, "..", "shared");
        return Directory.Exists(path) ? Path.GetFullPath(path) : null;
    }
}
