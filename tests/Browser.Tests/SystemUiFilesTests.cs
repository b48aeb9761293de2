using System.Text.RegularExpressions;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>The files of the system UI as they lie in the tree: what the page names is what its modules need.</summary>
public sealed partial class SystemUiFilesTests
{
    private static string Folder { get; } = Path.Combine(Prerequisite.Root, "system-ui");

    private static string Page { get; } = File.ReadAllText(Path.Combine(Folder, "index.html"));

    [Fact]
    public void The_page_asks_at_once_for_every_module_that_the_first_screen_is_drawn_with_and_for_no_other()
    {
        HashSet<string> needed = [];
        Queue<string> open = new(Script().Matches(Page).Select(match => match.Groups[1].Value));
        Assert.NotEmpty(open);
        while (open.TryDequeue(out string? module))
        {
            if (needed.Add(module))
            {
                Imports(module).ForEach(open.Enqueue);
            }
        }

        // Its own script the browser sees as soon as a preload.
        needed.Remove("shell.js");
        Assert.Equal(needed.Order(), Preload().Matches(Page).Select(match => match.Groups[1].Value).Order());
    }

    [Fact]
    public void Every_module_and_style_that_is_named_is_there_and_every_one_that_is_there_is_named()
    {
        string[] modules = [.. Directory.EnumerateFiles(Folder, "*.js", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path))
            .Where(path => !path.StartsWith("node_modules", StringComparison.Ordinal) && path != "vendor.js" && path != "vendor/lit.js")];
        IEnumerable<string> named = modules.SelectMany(module => Imports(module).Concat(Later(module)))
            .Concat(Script().Matches(Page).Select(match => match.Groups[1].Value)).Where(module => module != "vendor/lit.js");
        Assert.Equal(modules.Order(), named.Distinct().Order());
        Assert.Equal(Directory.EnumerateFiles(Path.Combine(Folder, "style")).Select(path => "style/" + Path.GetFileName(path)).Order(),
            Style().Matches(Page).Select(match => match.Groups[1].Value).Order());
    }

    private static List<string> Imports(string module) => module == "vendor/lit.js" ? [] : Resolve(module, Import());

    private static List<string> Later(string module) => Resolve(module, Listed());

    private static List<string> Resolve(string module, Regex named) =>
        [.. named.Matches(File.ReadAllText(Path.Combine(Folder, module)))
            .Select(match => Path.GetRelativePath(Folder, Path.GetFullPath(Path.Combine(Folder, Path.GetDirectoryName(module)!, match.Groups[1].Value))))];

    [GeneratedRegex("""<script type="module"[^>]* src="([^"]+)">""")]
    private static partial Regex Script();

    [GeneratedRegex("""<link rel="modulepreload" href="([^"]+)">""")]
    private static partial Regex Preload();

    [GeneratedRegex("""<link rel="stylesheet" href="([^"]+)">""")]
    private static partial Regex Style();

    [GeneratedRegex("""^import (?:.* from )?"([^"]+)";$""", RegexOptions.Multiline)]
    private static partial Regex Import();

    /// <summary>Modules fetched later: names in a list.</summary>
    [GeneratedRegex("""(?<=[\[ ])"(\./[^"]+\.js)"(?=[,\]])""")]
    private static partial Regex Listed();
}
