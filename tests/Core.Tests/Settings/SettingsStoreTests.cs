using System.Text.Json;
using Weft.Core.Apps;
using Weft.Core.Settings;
using Xunit;

namespace Weft.Core.Tests.Settings;

public sealed class SettingsStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weft-settings-");
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_any_file_everything_has_its_default()
    {
        SettingsStore store = Load();
        Assert.Empty(store.Findings);
        Assert.Equal(WeftSettings.Defaults, store.Current);
        Assert.Equal(AppLimits.MachineDefaults, store.Current.Limits.Most);
        Assert.Equal(AppLimits.MachineDefaults, store.Current.Limits.Default);
        Assert.All(store.List(), static s => Assert.Equal("default", s.Source));
        Assert.All(store.List(), static s => Assert.False(s.Locked));
    }

    [Fact]
    public void Each_source_goes_over_the_one_before()
    {
        Write("etc.toml", "web.port = 1\n[sessions]\ngrace = 1\nready_timeout = 1\n");
        Write("user.toml", "web.port = 2\n[sessions]\ngrace = 2\nstop_timeout = 2\n");
        Write("settings.json", """{"format":1,"values":{"sessions.stop_timeout":3,"web.port":3,"sessions.log_size":"1M"}}""");
        _environment["WEFT_APPD_WS_PORT"] = "4";
        SettingsStore store = Load();
        Assert.Empty(store.Findings);
        Assert.Equal(4, store.Current.WebPort);
        Assert.Equal(TimeSpan.FromSeconds(2), store.Current.Grace);
        Assert.Equal(TimeSpan.FromSeconds(1), store.Current.ReadyTimeout);
        Assert.Equal(TimeSpan.FromSeconds(3), store.Current.StopTimeout);
        Assert.Equal(1L << 20, store.Current.LogBytes);
        Assert.Equal(
            ["environment WEFT_APPD_WS_PORT", "user.toml", "etc.toml", "settings.json"],
            new[] { "web.port", "sessions.grace", "sessions.ready_timeout", "sessions.stop_timeout" }.Select(key => Path.GetFileName(State(store, key).Source)));
    }

    [Fact]
    public void Policy_of_the_machine_is_final()
    {
        Write("etc.toml", "[policy]\nenforcement = \"require\"\n[limits]\nmemory = \"64M\"\n");
        Write("user.toml", "policy.enforcement = \"warn\"\nlimits.memory = \"8G\"\nlimits.default.memory = \"1G\"\n");
        Write("settings.json", """{"format":1,"values":{"policy.enforcement":"warn"}}""");
        SettingsStore store = Load();
        Assert.Equal(Enforcement.Require, store.Current.Enforcement);
        Assert.Equal(64L << 20, store.Current.Limits.Most.MemoryBytes);
        Assert.Equal(64L << 20, store.Current.Limits.Default.MemoryBytes);
        Assert.True(State(store, "policy.enforcement").Locked);
        Assert.Equal(
            ["limits.memory is this machine's policy, set in ETC; it is ignored here", "policy.enforcement is this machine's policy, set in ETC; it is ignored here"],
            store.Findings.Select(f => f.Finding.Message.Replace(PathOf("etc.toml"), "ETC", StringComparison.Ordinal)).Order());
        SettingException e = Assert.Throws<SettingException>(() => store.Set("policy.enforcement", Json("\"warn\"")));
        Assert.Equal(403, e.Code);
        Assert.Equal($"set policy.enforcement: it is locked by {PathOf("etc.toml")}; change it there as root", e.Message);
    }

    [Fact]
    public void A_mistake_is_said_with_file_and_line_and_the_rest_counts()
    {
        Write("etc.toml", """
            web.port = 70000
            colour = "red"
            [sessions]
            grace = "5s"
            ready_timeout = 9
            maximum = [1]
            [limits]
            cpu = "half"
            disk = "1G"
            [policy]
            approve = maybe
            """);
        SettingsStore store = Load();
        string file = PathOf("etc.toml");
        Assert.Equal(
            [
                $"{file}, line 11, column 11: 'maybe' is no value: strings stand in quotes",
                $"{file}, line 1, column 12: web.port: 70000 is out of range: 0 to 65535; the default is used",
                $"{file}, line 2, column 1: warning: unknown setting 'colour' is ignored",
                $"{file}, line 4, column 9: sessions.grace: a string stands where a whole number is expected; the default is used",
                $"{file}, line 6, column 11: sessions.maximum: an array is no value for it; the default is used",
                $"{file}, line 8, column 7: limits.cpu: 'half' is no share of processors: write whole percents of one, such as \"50%\"; the default is used",
                $"{file}, line 9, column 1: warning: unknown setting 'limits.disk' is ignored",
            ],
            store.Findings.Select(static f => f.ToString()));
        Assert.Equal(WeftSettings.Defaults with { ReadyTimeout = TimeSpan.FromSeconds(9) }, store.Current);
    }

    [Fact]
    public void A_wrong_variable_is_said_and_ignored()
    {
        _environment["WEFT_APPD_WS_PORT"] = "99999";
        SettingsStore store = Load();
        Assert.Equal("environment WEFT_APPD_WS_PORT: web.port: 99999 is out of range: 0 to 65535; it is ignored", Assert.Single(store.Findings).ToString());
        Assert.Equal(7410, store.Current.WebPort);
    }

    [Fact]
    public void A_change_is_in_force_and_outlives_the_daemon()
    {
        SettingsStore store = Load();
        store.Set("sessions.grace", Json("7"));
        store.Set("policy.approve", Json("\"auto\""));
        Assert.Equal(TimeSpan.FromSeconds(7), store.Current.Grace);
        Assert.Equal("""{"format":1,"values":{"policy.approve":"auto","sessions.grace":7}}""", File.ReadAllText(PathOf("settings.json")));
        SettingsStore next = Load();
        Assert.True(next.Current.ApproveAll);
        Assert.Equal(PathOf("settings.json"), State(next, "sessions.grace").Source);
        next.Set("sessions.grace", null);
        Assert.Equal("default", State(next, "sessions.grace").Source);
        Assert.Equal(TimeSpan.FromSeconds(5), Load().Current.Grace);
    }

    [Theory]
    [InlineData("web.colour", "1", 404, "set web.colour: there is no such setting; QUERY_SETTINGS lists them")]
    [InlineData("web.port", "\"80\"", 400, "set web.port: a string stands where a whole number is expected")]
    [InlineData("web.port", "1.5", 400, "set web.port: the value is no string, whole number or boolean")]
    [InlineData("web.port", "{}", 400, "set web.port: the value is no string, whole number or boolean")]
    [InlineData("policy.approve", "\"never\"", 400, "set policy.approve: 'never' is none of ask, auto")]
    [InlineData("engine.library", "\"lib.so\"", 400, "set engine.library: 'lib.so' is no absolute path")]
    [InlineData("session_user", "\"a\\nb\"", 400, "set session_user: the text holds control or invisible characters")]
    public void A_wrong_change_is_refused_and_changes_nothing(string key, string value, int code, string message)
    {
        SettingsStore store = Load();
        SettingException e = Assert.Throws<SettingException>(() => store.Set(key, Json(value)));
        Assert.Equal((code, message), (e.Code, e.Message));
        Assert.False(File.Exists(PathOf("settings.json")));
    }

    [Fact]
    public void A_key_that_the_environment_sets_cannot_be_changed()
    {
        _environment["WEFT_APPD_WS_PORT"] = "0";
        SettingException e = Assert.Throws<SettingException>(() => Load().Set("web.port", Json("80")));
        Assert.Equal((409, "set web.port: the variable WEFT_APPD_WS_PORT of the daemon is over it; unset that first"), (e.Code, e.Message));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"format\":1,\"values\":7}")]
    [InlineData("{\"format\":\"1\",\"values\":{}}")]
    public void A_damaged_file_of_changes_is_said_and_set_aside_by_the_next_change(string content)
    {
        Write("settings.json", content);
        SettingsStore store = Load();
        Assert.Contains("is damaged", Assert.Single(store.Findings).ToString(), StringComparison.Ordinal);
        Assert.Equal(WeftSettings.Defaults, store.Current);
        store.Set("sessions.grace", Json("7"));
        Assert.Equal(content, File.ReadAllText(PathOf("settings.json.damaged")));
        Assert.Equal(TimeSpan.FromSeconds(7), Load().Current.Grace);
    }

    [Fact]
    public void A_file_of_a_newer_format_is_left_alone()
    {
        const string Newer = """{"format":2,"values":{"sessions.grace":7}}""";
        Write("settings.json", Newer);
        SettingsStore store = Load();
        Assert.Contains("was written by a newer Weft", Assert.Single(store.Findings).ToString(), StringComparison.Ordinal);
        Assert.Equal(409, Assert.Throws<SettingException>(() => store.Set("sessions.grace", Json("9"))).Code);
        Assert.Equal(Newer, File.ReadAllText(PathOf("settings.json")));
    }

    [Fact]
    public void A_hostile_file_is_refused_and_the_kiosk_starts()
    {
        File.WriteAllBytes(PathOf("user.toml"), new byte[1 << 20]);
        SettingsStore store = Load();
        Assert.Equal(WeftSettings.Defaults, store.Current);
        Assert.Equal($"{PathOf("user.toml")}, line 1, column 1: the file has 262145 bytes; at most 262144 are read", Assert.Single(store.Findings).ToString());
    }

    [Fact]
    public void A_default_limit_follows_the_most_and_is_never_above_it()
    {
        Write("etc.toml", "limits.tasks = 128\nlimits.cpu = \"50%\"\nlimits.default.cpu = \"300%\"\nlimits.default.tasks = 8\n");
        WeftSettings settings = Load().Current;
        Assert.Equal((128, 8), (settings.Limits.Most.Tasks, settings.Limits.Default.Tasks));
        Assert.Equal((50, 50), (settings.Limits.Most.CpuPercent, settings.Limits.Default.CpuPercent));
    }

    private SettingsStore Load() => SettingsStore.Load(new SettingsSources
    {
        MachineFile = PathOf("etc.toml"),
        UserFile = PathOf("user.toml"),
        ChangedFile = PathOf("settings.json"),
        Environment = name => _environment.GetValueOrDefault(name),
    });

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string content) => File.WriteAllText(PathOf(name), content);

    private static SettingState State(SettingsStore store, string key) => store.List().Single(s => s.Setting.Key == key);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
