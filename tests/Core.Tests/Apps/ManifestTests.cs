using System.Diagnostics;
using System.Text;
using Weft.Core.Apps;
using Xunit;

namespace Weft.Core.Tests.Apps;

public sealed class ManifestTests
{
    private const string Whole = """
        [package]
        id = "com.example.notes"
        name = "Notes"
        version = "1.2.0"
        description = "Keeps\nnotes"
        author = "A. Uthor"
        icon = "ui/icon.svg"
        capabilities = ["fs:rw:app-data", "net:fetch"]

        [runtime]
        module = "app.wasm"
        interface = "jsonrpc"
        ready = "call"
        args = ["-v", "x y"]
        env = { LANG = "C", A_1 = "" }
        single = true

        [ui]
        entry = "ui/index.html"

        [limits]
        cpu = "50%"
        memory = "128M"
        tasks = 32
        linear_memory = "64M"

        [supervision]
        restart = "on-failure"
        restore = false
        """;

    [Fact]
    public void A_whole_manifest_is_read()
    {
        ManifestReport report = Check(Whole);
        Assert.Empty(report.Findings);
        Manifest manifest = report.Manifest!;
        Assert.Equal("com.example.notes", manifest.Id.Value);
        Assert.Equal("Notes", manifest.Name);
        Assert.Equal("1.2.0", manifest.Version.ToFullString());
        Assert.Equal("Keeps\nnotes", manifest.Description);
        Assert.Equal("A. Uthor", manifest.Author);
        Assert.Equal("ui/icon.svg", manifest.Icon);
        Assert.Equal(["fs:rw:app-data", "net:fetch:*"], manifest.Capabilities.Texts());
        Assert.Equal("app.wasm", manifest.Module);
        Assert.Equal(AppInterface.JsonRpc, manifest.Interface);
        Assert.Equal(ReadyMode.Call, manifest.Ready);
        Assert.Equal(["-v", "x y"], manifest.Arguments);
        Assert.Equal([new("LANG", "C"), new("A_1", "")], manifest.Environment);
        Assert.True(manifest.Single);
        Assert.Equal("ui/index.html", manifest.UiEntry);
        Assert.Equal(new RequestedLimits { CpuPercent = 50, MemoryBytes = 128L << 20, Tasks = 32, LinearMemoryBytes = 64L << 20 }, manifest.Limits);
        Assert.Equal(RestartPolicy.OnFailure, manifest.Restart);
        Assert.False(manifest.Restore);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        ManifestReport report = Check("[package]\nid = \"a.b.c\"\nname = \"N\"\nversion = \"0.1.0\"\nicon = \"\"\n");
        Assert.Empty(report.Findings);
        Manifest manifest = report.Manifest!;
        Assert.Equal("app.wasm", manifest.Module);
        Assert.Equal(AppInterface.JsonRpc, manifest.Interface);
        Assert.Equal(ReadyMode.Call, manifest.Ready);
        Assert.Null(manifest.UiEntry);
        Assert.Null(manifest.Icon);
        Assert.Equal(RequestedLimits.None, manifest.Limits);
        Assert.Equal(RestartPolicy.Never, manifest.Restart);
        Assert.True(manifest.Restore);
        Assert.Empty(manifest.Capabilities);
    }

    [Fact]
    public void Interface_none_is_ready_as_soon_as_it_runs() =>
        Assert.Equal(ReadyMode.Start, Check(With("[runtime]\ninterface = \"none\"")).Manifest!.Ready);

    [Fact]
    public void Every_mistake_is_reported_with_its_place_in_the_order_of_the_file()
    {
        ManifestReport report = Check("""
            [package]
            id = "com.Example.notes"
            name = ""
            version = "1.2"
            icon = "../icon.png"
            capabilities = ["fs:rw:app-data", "fs:rw:app-data", "root", 7]
            licence = "MIT"

            [runtime]
            module = "/app.wasm"
            interface = "grpc"
            args = "x"
            env = { "1A" = "x", B = 2 }

            [limits]
            cpu = 50
            memory = "lots"
            tasks = 0

            [supervision]
            restart = "sometimes"
            restore = "yes"

            [colour]
            """);
        Assert.Null(report.Manifest);
        Assert.Equal(
            [
                $"line 2, column 6: package.id 'com.Example.notes' is no app id: {AppId.Rule}",
                "line 3, column 8: package.name has 0 characters; it needs 1 to 64 that can be seen",
                "line 4, column 11: package.version '1.2' is no version: write three numbers, such as \"1.0.0\" (semver.org)",
                "line 5, column 8: the path '../icon.png' of package.icon holds '..': write it from the package's folder on",
                "line 6, column 35: capability 'fs:rw:app-data' is declared twice",
                "line 6, column 53: unknown capability 'root'",
                "line 6, column 61: package.capabilities holds an integer where strings are expected",
                "line 7, column 1: warning: unknown key 'package.licence' is ignored",
                "line 10, column 10: the path '/app.wasm' of runtime.module is absolute: write it from the package's folder on",
                "line 11, column 13: runtime.interface is 'grpc'; it can be jsonrpc, none",
                "line 12, column 8: runtime.args is a string where an array of strings is expected",
                "line 13, column 9: runtime.env name '1A' is no name of a variable: letters, digits and _, no digit first",
                "line 13, column 25: runtime.env.B is an integer where a string is expected",
                "line 16, column 7: limits.cpu is an integer where a string is expected",
                "line 17, column 10: limits.memory 'lots' is no amount of memory: write a whole number with K, M or G, such as \"128M\"",
                "line 18, column 9: limits.tasks '0' is no number of tasks: write a whole number of at least 1",
                "line 21, column 11: supervision.restart is 'sometimes'; it can be never, on-failure, always",
                "line 22, column 11: supervision.restore is a string where true or false is expected",
                "line 24, column 2: warning: unknown key 'colour' is ignored",
            ],
            report.Findings.Select(static f => f.ToString()));
    }

    [Fact]
    public void An_empty_file_says_what_is_missing()
    {
        string[] said = [.. Check("").Findings.Select(static f => f.ToString())];
        Assert.Equal($"line 1, column 1: package.id is missing: {AppId.Rule}", said[0]);
        Assert.Equal("line 1, column 1: package.name is missing: 1 to 64 characters for people to read", said[1]);
        Assert.Equal("line 1, column 1: package.version is missing: a version such as \"1.0.0\" (semver.org)", said[2]);
        Assert.Equal(3, said.Length);
    }

    [Fact]
    public void A_line_that_cannot_be_read_makes_no_key_missing()
    {
        ManifestReport report = Check("[package]\nid = com.example.notes\nname = \"\u202e\"\nversion = \"1.0.0\"\n");
        Assert.Equal(
            ["line 2, column 6: 'com.example.notes' is no value: strings stand in quotes", "line 3, column 8: package.name holds the control or invisible character U+202E"],
            report.Findings.Select(static f => f.ToString()));
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("01.2.3")]
    [InlineData("1.2.03")]
    [InlineData("v1.2.3")]
    [InlineData(" 1.2.3")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3-a..b")]
    [InlineData("1.2.3+")]
    [InlineData("1.2.3-a_b")]
    [InlineData("99999999999.0.0")]
    [InlineData("1.2.-3")]
    public void A_version_is_strict_semver(string version) => Assert.False(AppVersion.TryParse(version, out _));

    [Theory]
    [InlineData("0.0.0")]
    [InlineData("1.2.3-alpha.1+build.5")]
    [InlineData("1.2.3-0a")]
    [InlineData("1.2.3+001")]
    public void A_version_of_semver_is_read_as_it_is(string version)
    {
        Assert.True(AppVersion.TryParse(version, out var read));
        Assert.Equal(version, read.ToFullString());
    }

    [Theory]
    [InlineData("name = \"a\\nb\"", "U+000A")]
    [InlineData("name = \"a\\u0007b\"", "U+0007")]
    [InlineData("name = \"a\\u202Eb\"", "U+202E")]
    [InlineData("name = \"a\\u200Bb\"", "U+200B")]
    public void A_name_holds_nothing_that_cannot_be_seen(string line, string character)
    {
        ManifestReport report = Check($"[package]\nid = \"a.b.c\"\nversion = \"1.0.0\"\n{line}\n");
        Assert.Equal($"line 4, column 8: package.name holds the control or invisible character {character}", Assert.Single(report.Findings).ToString());
    }

    [Fact]
    public void A_name_has_64_characters_whatever_their_bytes()
    {
        string Named(int count) => $"[package]\nid = \"a.b.c\"\nversion = \"1.0.0\"\nname = \"{string.Concat(Enumerable.Repeat("\U0001F600", count))}\"\n";
        Assert.NotNull(Check(Named(64)).Manifest);
        Assert.Null(Check(Named(65)).Manifest);
    }

    [Theory]
    [InlineData("icon.gif", "package.icon 'icon.gif' must be a .png or .svg file")]
    [InlineData("icon", "package.icon 'icon' must be a .png or .svg file")]
    [InlineData("ui//icon.png", "the path 'ui//icon.png' of package.icon holds an empty name")]
    [InlineData("ui/./icon.png", "the path 'ui/./icon.png' of package.icon holds '.': write it from the package's folder on")]
    [InlineData("ui\\\\icon.png", "the path 'ui\\icon.png' of package.icon holds a backslash: folders are divided by /")]
    [InlineData("ui/\\u0000.png", "the path 'ui/\\u{0}.png' of package.icon holds control or invisible characters")]
    public void An_icon_is_a_picture_inside_the_package(string icon, string message)
    {
        ManifestReport report = Check($"[package]\nid = \"a.b.c\"\nversion = \"1.0.0\"\nname = \"N\"\nicon = \"{icon}\"\n");
        Assert.Equal("line 5, column 8: " + message, report.Findings[0].ToString());
        Assert.Null(report.Manifest);
    }

    [Fact]
    public void Limits_above_the_machine_are_refused_where_the_machine_is_known()
    {
        byte[] text = Encoding.UTF8.GetBytes(With("[limits]\ncpu = \"300%\"\nmemory = \"1G\"\ntasks = 65\nlinear_memory = \"257M\""));
        Assert.NotNull(Manifest.Check(text).Manifest);
        Assert.Equal(
            [
                "line 6, column 7: limits.cpu 300% is above this machine's 200%",
                "line 7, column 10: limits.memory 1G is above this machine's 512M",
                "line 8, column 9: limits.tasks 65 is above this machine's 64",
                "line 9, column 17: limits.linear_memory 257M is above this machine's 256M",
            ],
            Manifest.Check(text, new MachineLimits()).Findings.Select(static f => f.ToString()));
    }

    [Fact]
    public void A_file_above_64_KiB_is_refused_unread()
    {
        ManifestReport report = Manifest.Check(new byte[Manifest.MaximumBytes + 1]);
        Assert.Equal("line 1, column 1: the file has 65537 bytes; at most 65536 are read", Assert.Single(report.Findings).ToString());
    }

    public static TheoryData<string> Floods() => new()
    {
        "x = " + new string('[', 60_000),
        "x = " + string.Concat(Enumerable.Repeat("{a=", 20_000)),
        string.Concat(Enumerable.Repeat("a.", 30_000)) + "a = 1",
        string.Concat(Enumerable.Repeat("#\n", 32_000)) + "x",
        string.Concat(Enumerable.Repeat("[[a]]\n", 10_000)) + "x",
        "[package]\ncapabilities = [" + string.Join(",", Enumerable.Range(0, 3000).Select(static i => $"\"net:fetch:a{i}\"")) + "]",
        "[runtime]\nargs = [" + string.Concat(Enumerable.Repeat("1,", 30_000)) + "]",
        "[package]\nname = \"" + new string('a', 65_000) + "\"",
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public void A_hostile_manifest_is_refused_at_once(string text)
    {
        Check(Whole);
        long start = Stopwatch.GetTimestamp();
        ManifestReport report = Check(text);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Assert.Null(report.Manifest);
        Assert.True(report.Findings[0].Line >= 1);
        Assert.True(took < TimeSpan.FromMilliseconds(500), took.ToString());
    }

    private static ManifestReport Check(string text) => Manifest.Check(Encoding.UTF8.GetBytes(text));

    private static string With(string more) => $"[package]\nid = \"a.b.c\"\nname = \"N\"\nversion = \"1.0.0\"\n{more}\n";
}
