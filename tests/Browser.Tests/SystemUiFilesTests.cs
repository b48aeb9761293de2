using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Tests.Browser;

/// <summary>The files of the system UI: as they lie in the tree, and as they are published.</summary>
public sealed partial class SystemUiFilesTests
{
    private const string Library = "vendor/lit.js";

    private static string Folder { get; } = Path.Combine(Prerequisite.Root, "system-ui");

    [Fact]
    public void Every_module_and_style_is_used_from_the_first_one()
    {
        Assert.Equal(Files("*.js").Where(path => path is not ("vendor.js" or Library)).Order(), Reached("shell.js", Import()).Where(path => path != Library).Order());
        Assert.Equal(Files("*.css").Order(), Reached("style/weft.css", StyleImport()).Order());
    }

    [SkippableFact]
    public async Task The_first_screen_is_one_script_and_one_style()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: "com.example.counter");
        List<string> asked = await AskedAsync(kiosk, kiosk.Page);
        Assert.Equal(["shell.js", "style/weft.css"], asked.Order());
    }

    [SkippableFact]
    public async Task The_sources_can_be_served_as_they_are()
    {
        await using Kiosk kiosk = await Kiosk.StartAsync(apps: "com.example.counter");
        Prerequisite.Need(File.Exists(Path.Combine(Folder, Library)), $"system-ui/{Library} (./dev setup)");
        // Not the document, which is the same: made up by the browser it would not be of this machine's loopback address.
        await kiosk.Page.RouteAsync(kiosk.Origin + "**", async route =>
            await (route.Request.ResourceType is "script" or "stylesheet"
                ? route.FulfillAsync(new RouteFulfillOptions { Path = Path.Combine(Folder, Named(kiosk, route.Request.Url)) })
                : route.ContinueAsync()));
        List<string> asked = await AskedAsync(kiosk, kiosk.Page);
        Assert.Equal(Files("*.js").Where(path => path != "vendor.js").Concat(Files("*.css")).Order(), asked.Order());
    }

    /// <summary>Loads the page until an app can be touched, and says which scripts and styles it asked for.</summary>
    private static async Task<List<string>> AskedAsync(Kiosk kiosk, IPage page)
    {
        List<string> asked = [];
        page.Request += (_, request) =>
        {
            if (request.ResourceType is "script" or "stylesheet")
            {
                lock (asked)
                {
                    asked.Add(Named(kiosk, request.Url));
                }
            }
        };
        await page.ReloadAsync();
        await page.Locator(".tile-open").First.WaitForAsync();
        lock (asked)
        {
            return [.. asked];
        }
    }

    private static string Named(Kiosk kiosk, string url) => kiosk.Origin.MakeRelativeUri(new Uri(url)).ToString();

    private static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Folder, pattern, SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path))
            .Where(path => !path.StartsWith("node_modules", StringComparison.Ordinal));

    private static HashSet<string> Reached(string first, Regex import)
    {
        HashSet<string> reached = [];
        Queue<string> open = new([first]);
        while (open.TryDequeue(out string? file))
        {
            if (reached.Add(file) && file != Library)
            {
                string folder = Path.GetDirectoryName(Path.Combine(Folder, file))!;
                foreach (Match match in import.Matches(File.ReadAllText(Path.Combine(Folder, file))))
                {
                    open.Enqueue(Path.GetRelativePath(Folder, Path.GetFullPath(Path.Combine(folder, match.Groups[1].Value))));
                }
            }
        }

        return reached;
    }

    [GeneratedRegex("""^import (?:.* from )?"([^"]+)";""", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex("""^@import "([^"]+)";""", RegexOptions.Multiline)]
    private static partial Regex StyleImport();
}
