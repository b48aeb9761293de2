namespace Weft.Tests.Support;

/// <summary>The packages of examples/ and tests/apps, built when a test first asks.</summary>
public static class Guests
{
    private static readonly Lazy<Task<string>> _examples = new(() => BuildAsync("examples/build.sh", "artifacts/examples"));
    private static readonly Lazy<Task<string>> _programs = new(() => BuildAsync("tests/apps/build.sh", "artifacts/apps"));

    /// <summary>The names of all guest programs of tests/apps: their sources, less the ending.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Path.Combine(Prerequisite.Root, "tests/apps"), "*.c")
        .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>The id of the guest program of that name.</summary>
    public static string Id(string name) => "org.weft.test." + name.Replace("_", "", StringComparison.Ordinal);

    /// <summary>The package folder of an id: a demo app, a guest program, or a component. Not signed; do not change it.</summary>
    public static async Task<string> FolderAsync(string id)
    {
        bool example = id.StartsWith("com.example.", StringComparison.Ordinal);
        string folder = Path.Combine(await (example ? _examples : _programs).Value, id);
        Prerequisite.Need(Directory.Exists(folder), $"{folder} (./dev test builds it; components need npm)");
        return folder;
    }

    /// <summary>A copy of a package that a test may change, below a folder of the test's.</summary>
    public static async Task<string> CopyAsync(string id, string below, string? newId = null)
    {
        string from = await FolderAsync(id), to = Path.Combine(below, newId ?? id);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        if (newId is not null)
        {
            string manifest = Path.Combine(to, "wapp.toml");
            await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace($"\"{id}\"", $"\"{newId}\"", StringComparison.Ordinal));
        }

        return to;
    }

    private static async Task<string> BuildAsync(string script, string output)
    {
        Prerequisite.Need(File.Exists("/usr/lib/wasm32-wasi/libc.a"), "wasi-libc (apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32)");
        string folder = Path.Combine(Prerequisite.Root, output);
        CommandResult built = await Commands.RunAsync(Path.Combine(Prerequisite.Root, script), [folder], patience: TimeSpan.FromMinutes(5));
        built.Success();
        return folder;
    }
}
