using System.Text;

namespace Weft.Core.Apps;

/// <summary>Paths inside a package: relative, with slashes, nothing that leads out or hides.</summary>
public static class PackagePaths
{
    private const int MaximumNameBytes = 255;
    private const int MaximumPathBytes = 1024;

    /// <summary>True for a path that a manifest or an archive may name; otherwise says why not, as a half sentence after the path.</summary>
    public static bool IsGood(string path, out string problem)
    {
        problem = Problem(path);
        return problem.Length == 0;
    }

    private static string Problem(string path)
    {
        if (path.Length == 0)
        {
            return "is empty";
        }

        if (Encoding.UTF8.GetByteCount(path) > MaximumPathBytes)
        {
            return $"is longer than {MaximumPathBytes} bytes";
        }

        if (path[0] == '/')
        {
            return "is absolute: write it from the package's folder on";
        }

        if (path.Contains('\\'))
        {
            return "holds a backslash: folders are divided by /";
        }

        if (Printable.HasHidden(path))
        {
            return "holds control or invisible characters";
        }

        foreach (string name in path.Split('/'))
        {
            if (name.Length == 0)
            {
                return "holds an empty name";
            }

            if (name is "." or "..")
            {
                return $"holds '{name}': write it from the package's folder on";
            }

            if (Encoding.UTF8.GetByteCount(name) > MaximumNameBytes)
            {
                return $"holds a name longer than {MaximumNameBytes} bytes";
            }
        }

        return "";
    }
}
