using System.Text.Json;
using Weft.Cli.Tests.Support;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Cli.Tests;

/// <summary><c>weft-pack</c> from the first template to an installed app, without a daemon.</summary>
public sealed class PackTests : IDisposable
{
    /// <summary>The smallest module: magic number and version.</summary>
    private static readonly byte[] Module = [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0];

    private readonly Support.Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("sign")]
    [InlineData("verify")]
    public async Task A_key_file_that_is_not_there_is_named_with_the_way_to_one(string verb)
    {
        string key = _cli.PathOf("no.key");
        Assert.Equal(new Outcome(1, "", $"error: there is no key file {key}; `weft pack generate-key` makes a pair\n"), await PackAsync(verb, _cli.PathOf("package"), "--key", key));
    }

    [Fact]
    public async Task A_new_app_is_checked_signed_verified_bundled_and_installed()
    {
        string folder = await NewAsync();
        Assert.Equal(new Outcome(0, "com.example.hello 0.1.0 is good, and not signed\n", ""), await PackAsync("check", folder));

        Outcome key = await PackAsync("generate-key", _cli.PathOf("keys"));
        Assert.Equal((0, $"{_cli.PathOf("keys/weft-sign.key")}\n{_cli.PathOf("keys/weft-sign.pub")}\n"), (key.Code, key.Out));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_cli.PathOf("keys/weft-sign.key")));
        string pub = File.ReadAllText(_cli.PathOf("keys/weft-sign.pub"));
        Assert.Matches("^[0-9a-f]{64}\n$", pub);

        Outcome sign = await PackAsync("sign", folder, "--key", _cli.PathOf("keys/weft-sign.key"));
        Assert.Equal((0, ""), (sign.Code, sign.Error));
        Outcome verify = await PackAsync("verify", folder, "--key", _cli.PathOf("keys/weft-sign.pub"));
        Assert.Equal((0, ""), (verify.Code, verify.Error));
        Assert.EndsWith($"signed by {pub}", verify.Out, StringComparison.Ordinal);

        Outcome untrusted = await PackAsync("install", folder);
        Assert.Equal(1, untrusted.Code);
        Assert.Contains("\nerror: no trusted key signed ", untrusted.Error, StringComparison.Ordinal);
        Directory.CreateDirectory(_cli.PathOf(".config/weft/trusted-keys"));
        File.Copy(_cli.PathOf("keys/weft-sign.pub"), _cli.PathOf(".config/weft/trusted-keys/a.pub"));
        Assert.Equal(0, (await PackAsync("verify", folder)).Code);

        Outcome bundle = await PackAsync("bundle", folder, "--output", _cli.PathOf("hello.wapp"));
        Assert.Equal(new Outcome(0, _cli.PathOf("hello.wapp") + "\n", ""), bundle);
        Directory.CreateDirectory(_cli.PathOf("unpacked"));
        Assert.Equal(
            new Outcome(0, _cli.PathOf("unpacked/com.example.hello") + "\n", ""),
            await PackAsync("unbundle", _cli.PathOf("hello.wapp"), "--into", _cli.PathOf("unpacked")));

        Outcome install = await PackAsync("install", _cli.PathOf("hello.wapp"));
        Assert.Equal((0, "installed com.example.hello 0.1.0\n"), (install.Code, install.Out));
        using JsonDocument list = JsonDocument.Parse((await PackAsync("list", "--json")).Out);
        Assert.Equal("com.example.hello", list.RootElement[0].GetProperty("app_id").GetString());
        Assert.True(list.RootElement[0].GetProperty("trusted").GetBoolean());
        Assert.Equal(new Outcome(0, "uninstalled com.example.hello; its data is kept\n", ""), await PackAsync("uninstall", "com.example.hello"));
        Assert.Equal(new Outcome(0, "[]\n", ""), await PackAsync("list", "--json"));
    }

    [SkippableFact]
    public async Task The_template_builds_where_clang_is()
    {
        Prerequisite.Need(OnPath("clang") && OnPath("wasm-ld"), "clang and lld");
        Outcome made = await PackAsync("new", "com.example.hello", _cli.PathOf("."));
        Assert.Equal(0, made.Code);
        Assert.DoesNotContain("not built", made.Error, StringComparison.Ordinal);
        Assert.Equal(Module, File.ReadAllBytes(_cli.PathOf("com.example.hello/app.wasm"))[..8]);
    }

    [Fact]
    public async Task New_writes_over_nothing()
    {
        Directory.CreateDirectory(_cli.PathOf("com.example.hello"));
        Outcome outcome = await PackAsync("new", "com.example.hello", _cli.PathOf(""));
        Assert.Equal(
            new Outcome(1, "", $"error: new com.example.hello: {_cli.PathOf("com.example.hello")} is there already; choose another folder or move it away\n"),
            outcome);
    }

    [Fact]
    public async Task A_key_is_never_written_over()
    {
        await PackAsync("generate-key", _cli.PathOf("keys"));
        string before = File.ReadAllText(_cli.PathOf("keys/weft-sign.key"));
        Outcome again = await PackAsync("generate-key", _cli.PathOf("keys"));
        Assert.Equal(
            new Outcome(1, "", $"error: generate-key: {_cli.PathOf("keys/weft-sign.key")} is there already, and a lost key cannot be made again; choose another folder\n"),
            again);
        Assert.Equal(before, File.ReadAllText(_cli.PathOf("keys/weft-sign.key")));
    }

    [Fact]
    public async Task Check_reports_every_mistake_with_its_line()
    {
        string folder = await NewAsync();
        string manifest = Path.Combine(folder, "wapp.toml");
        File.WriteAllText(manifest, "[package]\nid = \"com.example.hello\"\nname = \"\"\nversion = \"1\"\ncolour = 1\n");
        Outcome outcome = await PackAsync("check", folder);
        Assert.Equal(1, outcome.Code);
        Assert.Equal(
            [
                $"{manifest}, line 3, column 8: package.name has 0 characters; it needs 1 to 64 that can be seen",
                $"{manifest}, line 4, column 11: package.version '1' is no version: write three numbers, such as \"1.0.0\" (semver.org)",
                $"{manifest}, line 5, column 1: warning: unknown key 'package.colour' is ignored",
                $"error: {folder} has 2 mistakes; mend what is listed above",
            ],
            outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using JsonDocument json = JsonDocument.Parse((await PackAsync("check", folder, "--json")).Out);
        Assert.Equal(3, json.RootElement.GetArrayLength());
        Assert.Equal(4, json.RootElement[1].GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task A_changed_file_makes_the_signature_wrong()
    {
        string folder = await NewAsync();
        await PackAsync("generate-key", _cli.PathOf("keys"));
        await PackAsync("sign", folder, "--key", _cli.PathOf("keys/weft-sign.key"));
        File.AppendAllText(Path.Combine(folder, "ui", "index.html"), "<!-- -->");
        Outcome outcome = await PackAsync("verify", folder, "--key", _cli.PathOf("keys/weft-sign.pub"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("its files were changed after signing", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "holds no signing key")]
    [InlineData("xyz", "holds no signing key")]
    public async Task A_file_that_is_no_key_is_refused_and_not_shown(string content, string said)
    {
        string folder = await NewAsync();
        File.WriteAllText(_cli.PathOf("bad.key"), content);
        Outcome outcome = await PackAsync("sign", folder, "--key", _cli.PathOf("bad.key"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weft_pack_is_the_same_as_the_verb_of_weft()
    {
        string folder = await NewAsync();
        Assert.Equal(await PackAsync("info", folder), await _cli.RunAsync("weft", ["pack", "info", folder]));
    }

    private Task<Outcome> PackAsync(params string[] arguments) => _cli.RunAsync("weft-pack", arguments);

    private async Task<string> NewAsync()
    {
        Outcome made = await PackAsync("new", "com.example.hello", _cli.PathOf(""));
        Assert.Equal(0, made.Code);
        string folder = Path.Combine(_cli.PathOf(""), "com.example.hello");
        File.WriteAllBytes(Path.Combine(folder, "app.wasm"), Module);
        return folder;
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, program)));
}
