namespace Weft.Core.Folders;

/// <summary>The person's own folders, as xdg-user-dirs keeps them.</summary>
internal static class UserFolders
{
    private const string Key = "XDG_DOCUMENTS_DIR=";

    public static string Documents(string? configHome, string home)
    {
        string? file = configHome is null ? null : Path.Combine(configHome, "user-dirs.dirs");
        if (file is not null && File.Exists(file))
        {
            foreach (string line in File.ReadLines(file))
            {
                if (Read(line.Trim(), home) is { } folder)
                {
                    return folder;
                }
            }
        }

        return Path.Combine(home, "Documents");
    }

    /// <summary>A line as user-dirs.dirs has it: <c>XDG_DOCUMENTS_DIR="$HOME/Papers"</c>; $HOME or an absolute path, nothing else.</summary>
    private static string? Read(string line, string home)
    {
        if (!line.StartsWith(Key, StringComparison.Ordinal))
        {
            return null;
        }

        string value = line[Key.Length..].Trim('"');
        string path = value.StartsWith("$HOME/", StringComparison.Ordinal) ? Path.Combine(home, value["$HOME/".Length..]) : value;
        return Path.IsPathRooted(path) ? path.TrimEnd('/') : null;
    }
}
