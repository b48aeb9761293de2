using System.Text.Json;
using Weft.Core.Apps;
using Weft.Core.Folders;

namespace Weft.Core.Settings;

/// <summary>Where the settings of one process come from.</summary>
public sealed record SettingsSources
{
    /// <summary>The machine's file, whose policy is locked.</summary>
    public required string MachineFile { get; init; }

    /// <summary>The user's file; null where there is no home.</summary>
    public string? UserFile { get; init; }

    /// <summary>What SET_SETTING changed: <c>settings.json</c> in the state root.</summary>
    public required string ChangedFile { get; init; }

    /// <summary>A variable's value; null or empty where it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The sources that <paramref name="paths"/> name.</summary>
    public static SettingsSources From(WeftPaths paths) => new()
    {
        MachineFile = paths.MachineSettings,
        UserFile = paths.UserSettings,
        ChangedFile = Path.Combine(paths.StateRoot, "settings.json"),
        Environment = paths.Variable,
    };
}

/// <summary>A change of a setting that was refused; the code is the control protocol's.</summary>
public sealed class SettingException(int code, string message) : Exception(message)
{
    /// <summary>400 a wrong value, 403 locked, 404 no such setting, 409 kept by a newer Weft.</summary>
    public int Code { get; } = code;
}

/// <summary>One setting as it stands.</summary>
/// <param name="Value">string, long or bool.</param>
/// <param name="Source">A file's path, <c>environment NAME</c>, or <c>default</c>.</param>
/// <param name="Locked">Set in the machine's file: no client changes it.</param>
public sealed record SettingState(Setting Setting, object Value, object Default, string Source, bool Locked)
{
    public JsonElement ValueJson() => SettingsOverlay.ToJson(Value);

    public JsonElement DefaultJson() => SettingsOverlay.ToJson(Default);
}

/// <summary>
/// All settings: default, machine's file, user's file, what SET_SETTING changed, environment, each over the one before;
/// but policy that the machine's file sets is final. Thread-safe.
/// </summary>
public sealed class SettingsStore
{
    private readonly Lock _gate = new();
    private readonly SettingsSources _sources;
    private readonly SettingsOverlay _overlay;
    private readonly List<SettingsFinding> _findings = [];
    private readonly Dictionary<string, object> _machine;
    private readonly Dictionary<string, object> _user;
    private readonly Dictionary<string, object> _environment = [];
    private Dictionary<string, object> _changed; // guarded by _gate, replaced whole
    private WeftSettings _current; // guarded by _gate

    private SettingsStore(SettingsSources sources)
    {
        _sources = sources;
        _overlay = new SettingsOverlay(sources.ChangedFile);
        _machine = SettingsFile.Read(sources.MachineFile, _findings);
        _user = sources.UserFile is { } user ? SettingsFile.Read(user, _findings) : [];
        foreach (Setting setting in SettingTable.All)
        {
            if (setting.Policy && _machine.ContainsKey(setting.Key) && _user.Remove(setting.Key))
            {
                _findings.Add(new(sources.UserFile!, new Finding(0, 0, Severity.Warning, $"{setting.Key} is this machine's policy, set in {sources.MachineFile}; it is ignored here")));
            }
        }

        _changed = _overlay.Read(_findings);
        ReadEnvironment();
        _current = Build();
    }

    /// <summary>Every mistake that was found, in the order of the sources. Each such key has the value of the sources below, or its default.</summary>
    public IReadOnlyList<SettingsFinding> Findings => _findings;

    /// <summary>The settings in force.</summary>
    public WeftSettings Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>Reads all sources; never fails for what they hold.</summary>
    public static SettingsStore Load(SettingsSources sources) => new(sources);

    /// <inheritdoc cref="Load(SettingsSources)"/>
    public static SettingsStore Load(WeftPaths paths) => new(SettingsSources.From(paths));

    /// <summary>Every setting with its value, default, source and lock, in the table's order.</summary>
    public IReadOnlyList<SettingState> List()
    {
        lock (_gate)
        {
            return [.. SettingTable.All.Select(State)];
        }
    }

    /// <summary>Changes a setting, or with null takes the change back, and writes it to the state root.</summary>
    /// <exception cref="SettingException">No such setting, locked, overridden, or a wrong value.</exception>
    public void Set(string key, JsonElement? value)
    {
        if (!SettingTable.ByKey.TryGetValue(key, out Setting? setting))
        {
            throw new SettingException(404, $"set {Printable.Quote(key)}: there is no such setting; QUERY_SETTINGS lists them");
        }

        lock (_gate)
        {
            if (_machine.ContainsKey(key))
            {
                throw new SettingException(403, $"set {key}: it is locked by {_sources.MachineFile}; change it there as root");
            }

            if (_environment.ContainsKey(key))
            {
                throw new SettingException(409, $"set {key}: the variable {setting.Variable} of the daemon is over it; unset that first");
            }

            if (_overlay.Newer)
            {
                throw new SettingException(409, $"set {key}: {_overlay.File} was written by a newer Weft; use that one");
            }

            var changed = new Dictionary<string, object>(_changed);
            if (value is not { ValueKind: not JsonValueKind.Null } element)
            {
                changed.Remove(key);
            }
            else if (SettingsOverlay.TryRead(setting, element, out object accepted, out string problem))
            {
                changed[key] = accepted;
            }
            else
            {
                throw new SettingException(400, $"set {key}: {problem}");
            }

            _overlay.Write(changed);
            _changed = changed;
            _current = Build();
        }
    }

    private void ReadEnvironment()
    {
        foreach (Setting setting in SettingTable.All)
        {
            if (setting.Variable is { } variable && _sources.Environment(variable) is { Length: > 0 } text)
            {
                string whole = setting.Form == SettingForm.FilePath ? Path.GetFullPath(text) : text;
                if (setting.TryReadText(whole, out object value, out string problem))
                {
                    _environment[setting.Key] = value;
                }
                else
                {
                    _findings.Add(new($"environment {variable}", new Finding(0, 0, Severity.Error, $"{setting.Key}: {problem}; it is ignored")));
                }
            }
        }
    }

    private SettingState State(Setting setting)
    {
        object standard = setting.Default ?? State(SettingTable.ByKey[setting.DefaultFrom!]).Value;
        string key = setting.Key;
        bool locked = _machine.TryGetValue(key, out object? value);
        string source = _sources.MachineFile;
        if (!(locked && setting.Policy))
        {
            if (_user.TryGetValue(key, out object? users))
            {
                (value, source) = (users, _sources.UserFile!);
            }

            if (!locked && _changed.TryGetValue(key, out object? changed))
            {
                (value, source) = (changed, _sources.ChangedFile);
            }

            if (_environment.TryGetValue(key, out object? variable))
            {
                (value, source) = (variable, $"environment {setting.Variable}");
            }
        }

        return value is null
            ? new SettingState(setting, standard, standard, "default", locked)
            : new SettingState(setting, Clip(setting, value), standard, source, locked);
    }

    /// <summary>A default limit is never above the most that is allowed, in whatever order the two were written.</summary>
    private object Clip(Setting setting, object value)
    {
        if (setting.DefaultFrom is not { } most)
        {
            return value;
        }

        object ceiling = State(SettingTable.ByKey[most]).Value;
        return Size(setting, value) > Size(setting, ceiling) ? ceiling : value;
    }

    private static long Size(Setting setting, object value) => setting.Form switch
    {
        SettingForm.Cpu => Amounts.TryParseCpu((string)value, out int percent, out _) ? percent : 0,
        SettingForm.Bytes => Amounts.TryParseBytes((string)value, out long bytes, out _) ? bytes : 0,
        _ => (long)value,
    };

    private WeftSettings Build() => WeftSettings.From(setting => State(setting).Value);
}
