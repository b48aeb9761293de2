using System.ComponentModel;
using System.Text;
using Weft.Core.Apps;

namespace Weft.Cli.Packaging;

/// <summary>A package made from the templates.</summary>
/// <param name="BuildProblem">Why the module could not be built here; null where it was.</param>
internal sealed record NewPackage(string Folder, string BuildLine, string? BuildProblem)
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(1);

    /// <summary>Writes the templates to <c>&lt;parent&gt;/&lt;id&gt;</c> and builds the module where clang can.</summary>
    /// <exception cref="CliException">The folder is there already.</exception>
    public static NewPackage Make(AppId id, string parent)
    {
        string folder = Path.Combine(parent, id.Value);
        if (Path.Exists(folder))
        {
            throw CliException.Failed($"new {id}: {folder} is there already; choose another folder or move it away");
        }

        string label = id.Value[(id.Value.LastIndexOf('.') + 1)..];
        string name = char.ToUpperInvariant(label[0]) + label[1..];
        if (name.Length > Manifest.MaximumNameLength)
        {
            name = name[..Manifest.MaximumNameLength];
        }

        Write(folder, Manifest.FileName, id, name);
        Write(folder, "src/app.c", id, name);
        Write(folder, "ui/index.html", id, name);
        string[] arguments =
        [
            "--target=wasm32", "-O2", "-nostdlib", "-fno-builtin", "-fvisibility=hidden", "-Wall", "-Wl,--strip-all",
            Path.Combine(folder, "src", "app.c"), "-o", Path.Combine(folder, "app.wasm"),
        ];
        return new NewPackage(folder, $"clang {string.Join(' ', arguments)}", Build(arguments));
    }

    private static void Write(string folder, string file, AppId id, string name)
    {
        using Stream template = typeof(NewPackage).Assembly.GetManifestResourceStream($"Templates/{Path.GetFileName(file)}")!;
        using var reader = new StreamReader(template, Encoding.UTF8);
        string path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, reader.ReadToEnd().Replace("@ID@", id.Value, StringComparison.Ordinal).Replace("@NAME@", name, StringComparison.Ordinal));
    }

    private static string? Build(string[] arguments)
    {
        try
        {
            ProgramResult result = Programs.Run("clang", arguments, BuildDeadline);
            return result.Code is null ? $"clang did not end within {BuildDeadline.TotalSeconds} s"
                : result.Code == 0 ? null
                : $"clang says {Output.Show.Line(result.LastError)} (it needs lld: apt-get install clang lld)";
        }
        catch (Win32Exception)
        {
            return "clang is not installed (apt-get install clang lld)";
        }
    }
}
