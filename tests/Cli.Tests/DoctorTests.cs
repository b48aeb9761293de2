using System.Text.Json;
using Weft.Cli.Tests.Support;
using Weft.Core.Engines;
using Xunit;

namespace Weft.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly Support.Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task It_works_without_a_daemon_and_names_every_part()
    {
        Outcome outcome = await _cli.RunAsync("doctor");
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        string[] parts = [.. JsonDocument.Parse((await _cli.RunAsync("doctor --json")).Out).RootElement.EnumerateArray().Select(static p => p.GetProperty("part").GetString()!)];
        Assert.Equal(
            ["daemon", "settings", "runtime", "trusted keys", "packages", "process limits", "sandbox", "compiler", "peer check", "compositor", "app window", "app images", "journal"],
            parts);
        Assert.Equal(parts.Length, outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith($"missing   daemon          no daemon answers on {_cli.Paths.ControlSocket}; systemctl --user start weft-appd\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("unenforced: sessions run as plain process groups", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_in_the_settings_is_shown_with_its_line()
    {
        Directory.CreateDirectory(_cli.PathOf(".config/weft"));
        File.WriteAllText(_cli.PathOf(".config/weft/appd.toml"), "sessions.grace = 99\n");
        Assert.Contains(
            $"degraded  settings        {_cli.PathOf(".config/weft/appd.toml")}, line 1, column 18: sessions.grace: 99 is out of range: 0 to 60; the default is used;",
            (await _cli.RunAsync("doctor")).Out,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lib", "48", "a315ff3cb77dedc9df7369f4514d2de0f0968e7bee7ad22810cf330ad5c0ae82", "present   engine          libwasmtime 48.0.8; long-term support, security fixes until 2028-08-20; ")]
    [InlineData("lib", "49", "", "degraded  engine          libwasmtime 49; security fixes until 2026-11-20, which is over; ")]
    [InlineData("exe", "42.0.1", "", "degraded  engine          Wasmtime 42.0.1 as an executable: no components, slower; security fixes until 2026-04-20, which is over; ")]
    public async Task The_engine_is_judged_by_its_release(string kind, string version, string sha256, string line)
    {
        WriteRuntime($$"""{"engine":"{{kind}}","version":"{{version}}","major":1,"path":"/x/engine","sha256":"{{sha256}}"}""", 0);
        Outcome outcome = await _cli.RunAsync("doctor");
        Assert.Contains("present   runtime ", outcome.Out, StringComparison.Ordinal);
        // The test's clock may stand before a release's last day.
        Assert.Contains(line.Replace(", which is over", "", StringComparison.Ordinal)[..40], outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_engine_comes_with_the_way_to_get_it()
    {
        WriteRuntime("", 1, "error: no engine: name a libwasmtime.so");
        Assert.Contains("missing   engine          no engine: name a libwasmtime.so; weft engine install\n", (await _cli.RunAsync("doctor")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("48.0.8", true, "2028-08-20")]
    [InlineData("36.0.0", true, "2027-08-20")]
    [InlineData("24", true, "2026-08-20")]
    [InlineData("50.0.1", false, "2026-12-20")]
    public void Releases_are_supported_as_wasmtime_says(string version, bool longTerm, string until)
    {
        var release = new EngineRelease(version);
        Assert.Equal((longTerm, DateOnly.Parse(until, System.Globalization.CultureInfo.InvariantCulture)), (release.IsLongTerm, release.SupportedUntil));
    }

    [Fact]
    public async Task Engine_install_takes_what_is_there()
    {
        WriteRuntime("""{"engine":"lib","version":"48","major":48,"path":"/x/libwasmtime.so","sha256":null}""", 0);
        Assert.Equal(
            new Outcome(0, "WEFT_WASMTIME_LIB=/x/libwasmtime.so\n", "libwasmtime 48 is there: /x/libwasmtime.so; modules and components run in the runtime's process\n"),
            await _cli.RunAsync("engine install"));
        Outcome list = await _cli.RunAsync("engine list");
        Assert.Equal("USED  KIND  VERSION  FROM            PATH\n*     lib   48       dynamic linker  /x/libwasmtime.so\n", list.Out.Split("      exe", 2)[0]);
    }

    [Fact]
    public async Task Engine_install_keeps_a_stand_in_that_was_fetched_before()
    {
        string program = EnginePlace.InstalledProgram(_cli.Paths);
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.WriteAllText(program, "");
        Assert.Equal(
            new Outcome(0, $"WEFT_WASMTIME_BIN={program}\n", $"a Wasmtime of unknown version executable is there: {program}; no components, and slower than a library\n"),
            await _cli.RunAsync("engine install"));
    }

    private void WriteRuntime(string facts, int code, string error = "")
    {
        string path = _cli.PathOf("runtime");
        File.WriteAllText(path, $"#!/bin/sh\n[ \"$1\" != --protocol ] || {{ echo 'weft-runtime 1'; exit 0; }}\necho '{error}' >&2\necho '{facts}'\nexit {code}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _cli["WEFT_RUNTIME_BIN"] = path;
    }
}
