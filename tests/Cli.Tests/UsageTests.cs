using Weft.Cli.Tests.Support;
using Xunit;

namespace Weft.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "error: Required command was not provided; see weft --help\n")]
    [InlineData("nope", "error: Unrecognized command or argument 'nope'; see weft --help\n")]
    [InlineData("ps --nope", "error: Unrecognized command or argument '--nope'; see weft ps --help\n")]
    [InlineData("launch", "error: Required argument missing for command: 'launch'; see weft launch --help\n")]
    [InlineData("pack nope", "error: Unrecognized command or argument 'nope'; see weft pack --help\n")]
    [InlineData("inspect 0", "error: '0' is no session: write its number, as `weft ps` shows it; see weft inspect --help\n")]
    [InlineData("terminate 1 x", "error: 'x' is no session: write its number, as `weft ps` shows it; see weft terminate --help\n")]
    [InlineData("token", "error: token: say either --observer, for a new read-only token, or --revoke-all\n")]
    [InlineData("token --observer --revoke-all", "error: token: say either --observer, for a new read-only token, or --revoke-all\n")]
    [InlineData("launch a.b.c --env 1A=x", "error: --env '1A=x' is no variable; write NAME=VALUE, the name of letters, digits and _\n")]
    [InlineData("launch a.b.c --cpu fast", "error: limits.cpu: 'fast' is no share of processors: write whole percents of one, such as \"50%\"\n")]
    [InlineData("completion csh", "error: Argument 'csh' not recognized. Must be one of:\n\t'bash'\n\t'zsh'\n\t'fish'; see weft completion --help\n")]
    public async Task A_wrong_command_line_ends_with_2_and_says_what_is_wrong(string line, string error)
    {
        using var cli = new Support.Cli();
        Assert.Equal(new Outcome(2, "", error), await cli.RunAsync(line));
    }

    [Fact]
    public async Task A_wrong_id_cannot_act_on_the_terminal()
    {
        using var cli = new Support.Cli();
        Outcome outcome = await cli.RunAsync("weft", ["launch", "com.example.a\u001b[2J"]);
        Assert.Equal(2, outcome.Code);
        Assert.StartsWith("error: 'com.example.a\\u{1B}[2J' is no app id: ", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("apps")]
    [InlineData("ps")]
    [InlineData("launch a.b.c")]
    [InlineData("events")]
    [InlineData("terminate 1")]
    [InlineData("settings")]
    [InlineData("ui")]
    [InlineData("token --observer")]
    public async Task Without_a_daemon_a_command_ends_with_69_and_says_how_to_start_it(string line)
    {
        using var cli = new Support.Cli();
        Assert.Equal(
            new Outcome(69, "", $"error: no daemon answers on {cli.Paths.ControlSocket}; start it with `systemctl --user start weft-appd`, or run weft-appd\n"),
            await cli.RunAsync(line));
    }

    [Theory]
    [InlineData("ps", 69)]
    [InlineData("doctor", 0)]
    public async Task A_folder_whose_name_is_too_long_for_a_socket_is_said_to_be(string line, int code)
    {
        using var cli = new Support.Cli();
        cli["XDG_RUNTIME_DIR"] = cli.PathOf(new string('r', 100));
        Outcome outcome = await cli.RunAsync(line);
        Assert.Equal(code, outcome.Code);
        Assert.Contains($"no daemon answers on {cli.Paths.ControlSocket}", outcome.Out + outcome.Error, StringComparison.Ordinal);
        Assert.Equal(code == 69 ? "a socket's path has at most 107 bytes; choose a shorter XDG_RUNTIME_DIR\n" : "", outcome.Error.Split("; ", 2)[^1]);
    }

    [Fact]
    public async Task Without_a_runtime_folder_the_variable_is_named()
    {
        using var cli = new Support.Cli();
        cli["XDG_RUNTIME_DIR"] = "";
        Outcome outcome = await cli.RunAsync("status");
        Assert.Equal(69, outcome.Code);
        Assert.StartsWith("error: XDG_RUNTIME_DIR is not set", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_no_error_and_names_every_verb()
    {
        using var cli = new Support.Cli();
        Outcome outcome = await cli.RunAsync("--help");
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        foreach (string verb in (string[])["status", "doctor", "apps", "install", "uninstall", "rollback", "approve", "launch", "run", "ps", "inspect", "send", "logs", "events", "terminate", "engine", "pack", "completion", "ui", "token"])
        {
            Assert.Contains($"\n  {verb} ", outcome.Out, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task A_completion_script_names_every_verb_and_option(string shell)
    {
        using var cli = new Support.Cli();
        Outcome outcome = await cli.RunAsync($"completion {shell}");
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        Assert.Contains("terminate", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("generate-key", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("purge-data", outcome.Out, StringComparison.Ordinal);
    }
}
