using System.Globalization;

namespace Weft.Core.Folders;

/// <summary>
/// Every path that Weft's programs share, from the environment (docs/architecture.md, "Folders and files"). Each property
/// is computed when it is asked for, so that a program is stopped only by what it needs itself.
/// </summary>
public sealed class WeftPaths
{
    /// <summary>Port of the WebSocket and the system UI where nothing else is said.</summary>
    public const int DefaultWsPort = 7410;

    private readonly Func<string, string?> _environment;
    private readonly bool _root;
    private readonly string _systemRoot;
    private readonly string _programFolder;

    /// <param name="environment">A variable's value; null or empty where it is not set.</param>
    /// <param name="root">Runs as root: the system's folders where no XDG variable says otherwise.</param>
    /// <param name="systemRoot">What stands for <c>/</c> in the system's own folders (<c>/etc/weft</c>, <c>/usr/share/weft</c>).</param>
    /// <param name="programFolder">The folder of the running binary, where its companions are looked for first.</param>
    public WeftPaths(Func<string, string?> environment, bool root, string systemRoot, string programFolder)
    {
        _environment = environment;
        _root = root;
        _systemRoot = systemRoot;
        _programFolder = programFolder;
    }

    /// <summary>The paths of this process.</summary>
    public static WeftPaths FromEnvironment() =>
        new(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess, "/", Path.GetDirectoryName(Environment.ProcessPath) ?? AppContext.BaseDirectory);

    /// <summary>The value of a variable, null where it is unset or empty.</summary>
    public string? Variable(string name) => _environment(name) is { Length: > 0 } value ? value : null;

    // ---- $XDG_RUNTIME_DIR/weft -----------------------------------------------------------------

    /// <summary>Sockets, port and token; 0700, made by appd.</summary>
    /// <exception cref="FoldersException">Neither WEFT_RUNTIME_DIR nor XDG_RUNTIME_DIR is set.</exception>
    public string RuntimeFolder =>
        Absolute("WEFT_RUNTIME_DIR")
        ?? Below(Xdg("XDG_RUNTIME_DIR"), "weft")
        ?? (_root ? System("run/weft") : throw new FoldersException("XDG_RUNTIME_DIR is not set, so there is no place for Weft's sockets; log in through a session manager, or set XDG_RUNTIME_DIR or WEFT_RUNTIME_DIR"));

    /// <summary>appd's Unix socket.</summary>
    public string ControlSocket => Absolute("WEFT_APPD_SOCKET") ?? Path.Combine(RuntimeFolder, "appd.sock");

    /// <summary>Holds the WebSocket's real port.</summary>
    public string WsPortFile => Path.Combine(RuntimeFolder, "appd.wsport");

    /// <summary>Holds the token of role system; 0600.</summary>
    public string SystemTokenFile => Path.Combine(RuntimeFolder, "appd.systoken");

    /// <summary>The lock of the runtime folder, beside the state root's own.</summary>
    public string RuntimeLock => Path.Combine(RuntimeFolder, "runtime.lock");

    public string CompositorSocket => Absolute("WEFT_COMPOSITOR_SOCKET") ?? Path.Combine(RuntimeFolder, "compositor.sock");

    /// <summary>The socket on which a session's runtime listens.</summary>
    public string SessionSocket(Protocol.SessionId session) =>
        Path.Combine(RuntimeFolder, string.Create(CultureInfo.InvariantCulture, $"ipc-{session.Value}.sock"));

    // ---- $XDG_STATE_HOME/weft and $XDG_CACHE_HOME/weft -------------------------------------------

    /// <summary>Locks, records, approvals, owners, settings, keys, runtime store, logs.</summary>
    public string StateRoot => Absolute("WEFT_STATE_DIR") ?? Home("XDG_STATE_HOME", ".local/state", "var/lib/weft");

    public string StateLock => Path.Combine(StateRoot, "state.lock");

    /// <summary>Compiled modules; may be deleted at any time.</summary>
    public string CacheFolder => Home("XDG_CACHE_HOME", ".cache", "var/cache/weft");

    // ---- packages and their data -----------------------------------------------------------------

    /// <summary>The package stores, the winning one first; WEFT_APP_STORE replaces both.</summary>
    public IReadOnlyList<AppStore> AppStores => Absolute("WEFT_APP_STORE") is { } only
        ? [new AppStore(only, IsSystem: false)]
        : [new AppStore(SystemStore, IsSystem: true), new AppStore(UserStore, IsSystem: false)];

    /// <summary>The store that comes with the system: <c>/usr/share/weft/apps</c>.</summary>
    public string SystemStore => System("usr/share/weft/apps");

    /// <summary>The store that <c>install</c> writes to.</summary>
    public string UserStore => Absolute("WEFT_APP_STORE") ?? Path.Combine(DataHome, "apps");

    /// <summary>An app's own data; no package operation touches it.</summary>
    public string AppData(Apps.AppId app) => Path.Combine(DataHome, "app-data", app.ToString());

    /// <summary>Where an older layout kept that data; moved at the first launch.</summary>
    public string OldAppData(Apps.AppId app) => Path.Combine(DataHome, "apps", app.ToString(), "data");

    /// <summary>The person's documents: what user-dirs.dirs says, else <c>$HOME/Documents</c>. It need not exist.</summary>
    public string DocumentsFolder => UserFolders.Documents(ConfigHome, HomeFolder);

    /// <summary>As <see cref="DocumentsFolder"/>, of a user with that home.</summary>
    public static string DocumentsFolderOf(string home) => UserFolders.Documents(Path.Combine(home, ".config"), home);

    // ---- settings and keys ------------------------------------------------------------------------

    /// <summary>The machine's settings; what stands there is locked.</summary>
    public string MachineSettings => System("etc/weft/appd.toml");

    /// <summary>The user's settings, over the machine's; null where there is no home.</summary>
    public string? UserSettings => Below(ConfigHome, "weft/appd.toml");

    /// <summary>Folders of <c>*.pub</c> files; WEFT_TRUSTED_KEYS replaces them.</summary>
    public IReadOnlyList<string> TrustedKeyFolders => Absolute("WEFT_TRUSTED_KEYS") is { } only
        ? [only]
        : Below(ConfigHome, "weft/trusted-keys") is { } user ? [System("etc/weft/trusted-keys"), user] : [System("etc/weft/trusted-keys")];

    // ---- programs ----------------------------------------------------------------------------------

    /// <summary>weft-runtime; null where it is nowhere.</summary>
    public string? RuntimeBinary => Binary("WEFT_RUNTIME_BIN", "weft-runtime");

    public string? FilePortalBinary => Binary("WEFT_FILE_PORTAL_BIN", "weft-file-portal");

    /// <summary>The program that shows a page in a window; null: a frame in the system UI.</summary>
    public string? AppShellBinary => Absolute("WEFT_APP_SHELL_BIN");

    public string MountHelperSocket => Absolute("WEFT_MOUNT_HELPER") ?? System("run/weft-mount-helper.sock");

    /// <summary>A libwasmtime that is used before any other; null: it is looked for.</summary>
    public string? WasmtimeLibrary => Absolute("WEFT_WASMTIME_LIB");

    /// <summary>A wasmtime executable that is used before any other; null: it is looked for.</summary>
    public string? WasmtimeBinary => Absolute("WEFT_WASMTIME_BIN");

    /// <summary>The system UI's files, of the install tree that this program is in or of the system; null where they are nowhere.</summary>
    public string? SystemUiFolder => FirstFolder(Path.GetFullPath(Path.Combine(_programFolder, "../../share/weft")), System("usr/share/weft"));

    /// <summary>No scopes are made, whatever the machine could do.</summary>
    public bool ScopesDisabled => Variable("WEFT_DISABLE_CGROUP") is { } value && value != "0";

    /// <summary>WEFT_APPD_WS_PORT, where it is set: 0 means any free port.</summary>
    /// <exception cref="FoldersException">It is no port.</exception>
    public int? WsPort
    {
        get
        {
            if (Variable("WEFT_APPD_WS_PORT") is not { } text)
            {
                return null;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue
                ? port
                : throw new FoldersException($"WEFT_APPD_WS_PORT is '{text}'; a port from 0 to 65535 was expected");
        }
    }

    /// <summary>$HOME.</summary>
    /// <exception cref="FoldersException">It is not set.</exception>
    public string HomeFolder => Absolute("HOME") ?? throw new FoldersException("HOME is not set; set it, or the WEFT_ or XDG_ variables for every folder");

    private string DataHome => Home("XDG_DATA_HOME", ".local/share", "var/lib/weft");

    private string? ConfigHome => Xdg("XDG_CONFIG_HOME") ?? Below(Absolute("HOME"), ".config");

    /// <summary>A program beside this one, else in <c>/usr/lib/weft</c>.</summary>
    private string? Binary(string variable, string name)
    {
        if (Absolute(variable) is { } chosen)
        {
            return chosen;
        }

        // An install tree has weft in bin/ and the others in lib/weft/.
        string[] places = [Path.Combine(_programFolder, name), Path.GetFullPath(Path.Combine(_programFolder, "../lib/weft", name)), System("usr/lib/weft/" + name)];
        return Array.Find(places, File.Exists);
    }

    private static string? FirstFolder(params string[] places) => Array.Find(places, Directory.Exists);

    private string Home(string variable, string belowHome, string asRoot) =>
        Below(Xdg(variable), "weft") ?? (_root ? System(asRoot) : Path.Combine(HomeFolder, belowHome, "weft"));

    private string System(string path) => Path.Combine(_systemRoot, path);

    /// <summary>The XDG base directory specification: a relative path is ignored.</summary>
    private string? Xdg(string variable) => Variable(variable) is { } value && Path.IsPathRooted(value) ? value : null;

    /// <summary>Weft's own variables may be relative to the working folder, which appd leaves at once: made whole here.</summary>
    private string? Absolute(string variable) => Variable(variable) is { } value ? Path.GetFullPath(value) : null;

    private static string? Below(string? folder, string path) => folder is null ? null : Path.Combine(folder, path);
}

/// <summary>One package store.</summary>
/// <param name="IsSystem">It came with the system and is never written to.</param>
public sealed record AppStore(string Path, bool IsSystem);

/// <summary>The environment does not say where Weft's folders are; appd exits 78 with this message.</summary>
public sealed class FoldersException(string message) : Exception(message);
