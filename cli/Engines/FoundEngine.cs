using Weft.Core.Engines;
using Weft.Core.Folders;
using Weft.Core.Settings;

namespace Weft.Cli.Engines;

/// <summary>An engine on this machine.</summary>
/// <param name="Kind">lib or exe.</param>
/// <param name="From">Why it is looked at: a variable or setting, the cache, a folder, PATH.</param>
/// <param name="Used">The runtime would use this one.</param>
internal sealed record FoundEngine(string Kind, string Version, string Path, string From, bool Used)
{
    private const string Library = "libwasmtime.so";

    /// <summary>All of them, in the order in which they are looked for.</summary>
    public static List<FoundEngine> All(WeftPaths paths)
    {
        WeftSettings settings = SettingsStore.Load(paths).Current;
        EnginePlace place = EnginePlace.Find(paths, settings);
        EngineAnswer? used = paths.RuntimeBinary is { } runtime ? RuntimeBinary.AskEngine(runtime, place).Answer : null;
        var engines = new List<FoundEngine>();
        Add("lib", settings.EngineLibrary, "engine.library");
        Add("lib", EnginePlace.InstalledLibrary(paths), "cache");
        Add("lib", paths.RuntimeBinary is { } binary ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(binary)!, Library) : null, "beside weft-runtime");
        Add("lib", "/usr/lib/weft/" + Library, "/usr/lib/weft");
        Add("exe", settings.EngineProgram, "engine.program");
        Add("exe", EnginePlace.InstalledProgram(paths), "cache");
        foreach (string folder in (paths.Variable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            Add("exe", System.IO.Path.Combine(folder, "wasmtime"), "PATH");
        }

        if (used is not null && !engines.Exists(static e => e.Used))
        {
            engines.Insert(0, new FoundEngine(used.Kind, used.Release.Version, used.Path, "dynamic linker", Used: true));
        }

        return engines;

        void Add(string kind, string? path, string from)
        {
            if (path is null || !File.Exists(path) || engines.Exists(e => e.Path == path))
            {
                return;
            }

            bool isUsed = used?.Path == path;
            string version = isUsed ? used!.Release.Version : EngineRelease.OfFile(EngineInstall.Digest(path))?.Version ?? "unknown";
            engines.Add(new FoundEngine(kind, version, path, from, isUsed));
        }
    }
}
