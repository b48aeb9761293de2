using Weft.Core.Apps;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Xunit;

namespace Core.Tests.Folders;

public sealed class WeftPathsTests
{
    private static WeftPaths Paths(bool root = false, params (string Name, string Value)[] variables) =>
        new(name => Array.Find(variables, v => v.Name == name).Value, root, "/", "/opt/weft/lib/weft");

    [Fact]
    public void Unset_XDG_variables_mean_what_XDG_says()
    {
        WeftPaths paths = Paths(false, ("HOME", "/home/k"), ("XDG_RUNTIME_DIR", "/run/user/7"));

        Assert.Equal("/run/user/7/weft/appd.sock", paths.ControlSocket);
        Assert.Equal("/run/user/7/weft/ipc-12.sock", paths.SessionSocket(new SessionId(12)));
        Assert.Equal("/home/k/.local/state/weft/state.lock", paths.StateLock);
        Assert.Equal("/home/k/.cache/weft", paths.CacheFolder);
        Assert.Equal("/home/k/.local/share/weft/app-data/a.b.c", paths.AppData(AppId.Parse("a.b.c")));
        Assert.Equal([new AppStore("/usr/share/weft/apps", true), new AppStore("/home/k/.local/share/weft/apps", false)], paths.AppStores);
        Assert.Equal("/home/k/.config/weft/appd.toml", paths.UserSettings);
        Assert.Equal(["/etc/weft/trusted-keys", "/home/k/.config/weft/trusted-keys"], paths.TrustedKeyFolders);
        Assert.Equal("/home/k/Documents", paths.DocumentsFolder);
        Assert.Null(paths.WsPort);
        Assert.False(paths.ScopesDisabled);
    }

    [Fact]
    public void Without_a_runtime_folder_the_variable_is_named()
    {
        FoldersException e = Assert.Throws<FoldersException>(() => Paths(false, ("HOME", "/home/k")).RuntimeFolder);

        Assert.Contains("XDG_RUNTIME_DIR is not set", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wefts_own_variables_win()
    {
        WeftPaths paths = Paths(
            false,
            ("HOME", "/home/k"),
            ("XDG_RUNTIME_DIR", "/run/user/7"),
            ("WEFT_RUNTIME_DIR", "/r"),
            ("WEFT_STATE_DIR", "/s"),
            ("WEFT_APPD_SOCKET", "/x.sock"),
            ("WEFT_APP_STORE", "/store"),
            ("WEFT_TRUSTED_KEYS", "/keys"),
            ("WEFT_APPD_WS_PORT", "0"),
            ("WEFT_DISABLE_CGROUP", "1"),
            ("WEFT_RUNTIME_BIN", "/bin/mine"));

        Assert.Equal("/r", paths.RuntimeFolder);
        Assert.Equal("/r/appd.wsport", paths.WsPortFile);
        Assert.Equal("/x.sock", paths.ControlSocket);
        Assert.Equal("/s", paths.StateRoot);
        Assert.Equal([new AppStore("/store", false)], paths.AppStores);
        Assert.Equal("/store", paths.UserStore);
        Assert.Equal(["/keys"], paths.TrustedKeyFolders);
        Assert.Equal(0, paths.WsPort);
        Assert.True(paths.ScopesDisabled);
        Assert.Equal("/bin/mine", paths.RuntimeBinary);
    }

    [Fact]
    public void Root_uses_the_systems_folders_unless_XDG_says_otherwise()
    {
        WeftPaths paths = Paths(root: true);
        Assert.Equal("/run/weft", paths.RuntimeFolder);
        Assert.Equal("/var/lib/weft", paths.StateRoot);
        Assert.Equal("/var/cache/weft", paths.CacheFolder);
        Assert.Equal("/var/lib/weft/app-data/a.b.c", paths.AppData(AppId.Parse("a.b.c")));
        Assert.Null(paths.UserSettings);

        Assert.Equal("/x/weft", Paths(true, ("XDG_STATE_HOME", "/x")).StateRoot);
    }

    [Fact]
    public void A_relative_XDG_variable_is_ignored()
    {
        Assert.Equal("/home/k/.cache/weft", Paths(false, ("HOME", "/home/k"), ("XDG_CACHE_HOME", "cache")).CacheFolder);
    }

    [Theory]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("http")]
    public void A_port_that_is_none_is_named(string port)
    {
        FoldersException e = Assert.Throws<FoldersException>(() => Paths(false, ("WEFT_APPD_WS_PORT", port)).WsPort);

        Assert.Equal($"WEFT_APPD_WS_PORT is '{port}'; a port from 0 to 65535 was expected", e.Message);
    }

    [Fact]
    public void The_documents_folder_is_what_user_dirs_says()
    {
        string config = Directory.CreateTempSubdirectory("weft-paths-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(config, "user-dirs.dirs"), "# mine\nXDG_MUSIC_DIR=\"$HOME/m\"\nXDG_DOCUMENTS_DIR=\"$HOME/Papers\"\n");

            Assert.Equal("/home/k/Papers", Paths(false, ("HOME", "/home/k"), ("XDG_CONFIG_HOME", config)).DocumentsFolder);
        }
        finally
        {
            Directory.Delete(config, recursive: true);
        }
    }
}
