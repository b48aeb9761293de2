using System.Diagnostics;
using System.Text;
using Weft.Tests.Support;
using Xunit;

namespace Runtime.Tests;

/// <summary>Guest programs: those of tests/apps, built once, and modules written in the text form.</summary>
internal static class Guests
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, string> Built = []; // guarded by Gate

    /// <summary>Path of the module of <c>tests/apps/NAME.c</c>.</summary>
    public static string Module(string name)
    {
        lock (Gate)
        {
            if (Built.TryGetValue(name, out string? path))
            {
                return path;
            }

            Prerequisite.Need(File.Exists("/usr/bin/clang") && File.Exists("/usr/bin/wasm-ld"), "clang and wasm-ld (apt-get install clang lld wasi-libc libclang-rt-dev-wasm32)");
            string folder = Path.Combine(Prerequisite.Root, "artifacts", "runtime-test-apps");
            (int code, string said) = Run("/bin/sh", [Path.Combine(Prerequisite.Root, "tests", "apps", "build.sh"), folder, name]);
            Assert.True(code == 0, said);
            path = Path.Combine(folder, "org.weft.test." + name.Replace("_", "", StringComparison.Ordinal), "app.wasm");
            Built.Add(name, path);
            return path;
        }
    }

    /// <summary>Path of a module or component written in the text form.</summary>
    public static string FromText(string text)
    {
        string path = Path.Combine(Path.GetTempPath(), $"weft-runtime-test-{Guid.NewGuid():n}.wasm");
        File.WriteAllBytes(path, WasmText.ToBytes(text));
        return path;
    }

    /// <summary>Runs a program to its end: exit code and what it said on both streams.</summary>
    public static (int Code, string Said) Run(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        var said = new StringBuilder();
        DataReceivedEventHandler take = (_, line) =>
        {
            lock (said)
            {
                said.AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += take;
        process.ErrorDataReceived += take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), $"{program} did not end");
        process.WaitForExit();
        return (process.ExitCode, said.ToString().Trim());
    }
}
