using Weft.Core.Apps;

namespace Weft.Core.Settings;

/// <summary>What happens where a limit or a box cannot be enforced.</summary>
public enum Enforcement
{
    /// <summary>The app runs, and is marked.</summary>
    Warn,

    /// <summary>The launch is refused.</summary>
    Require,
}

/// <summary>The settings in force, typed; see docs/settings.md for the keys.</summary>
public sealed record WeftSettings
{
    /// <summary><c>limits.*</c>.</summary>
    public MachineLimits Limits { get; init; } = new();

    /// <summary><c>policy.enforcement</c>.</summary>
    public Enforcement Enforcement { get; init; }

    /// <summary><c>policy.approve = "auto"</c>.</summary>
    public bool ApproveAll { get; init; }

    /// <summary><c>sessions.maximum</c>.</summary>
    public int MaximumSessions { get; init; }

    /// <summary><c>sessions.ready_timeout</c>.</summary>
    public TimeSpan ReadyTimeout { get; init; }

    /// <summary><c>sessions.grace</c>.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary><c>sessions.stop_timeout</c>.</summary>
    public TimeSpan StopTimeout { get; init; }

    /// <summary><c>sessions.log_size</c>, in bytes.</summary>
    public long LogBytes { get; init; }

    /// <summary><c>session_user</c>; null where none is set.</summary>
    public string? SessionUser { get; init; }

    /// <summary><c>engine.library</c>; null: it is looked for.</summary>
    public string? EngineLibrary { get; init; }

    /// <summary><c>engine.program</c>; null: it is looked for.</summary>
    public string? EngineProgram { get; init; }

    /// <summary><c>engine.allow_untested</c>.</summary>
    public bool AllowUntestedEngine { get; init; }

    /// <summary><c>web.port</c>; 0 takes any free one.</summary>
    public int WebPort { get; init; }

    /// <summary>Every setting at its default.</summary>
    public static WeftSettings Defaults { get; } = From(static setting => SettingTable.ByKey[setting.DefaultFrom ?? setting.Key].Default!);

    /// <summary>Builds the record from canonical values that the table accepted.</summary>
    internal static WeftSettings From(Func<Setting, object> value)
    {
        return new WeftSettings
        {
            Limits = new MachineLimits { Most = Limits("limits."), Default = Limits("limits.default.") },
            Enforcement = Text("policy.enforcement") == "require" ? Enforcement.Require : Enforcement.Warn,
            ApproveAll = Text("policy.approve") == "auto",
            MaximumSessions = (int)Number("sessions.maximum"),
            ReadyTimeout = TimeSpan.FromSeconds(Number("sessions.ready_timeout")),
            Grace = TimeSpan.FromSeconds(Number("sessions.grace")),
            StopTimeout = TimeSpan.FromSeconds(Number("sessions.stop_timeout")),
            LogBytes = Bytes("sessions.log_size"),
            SessionUser = TextOrNull("session_user"),
            EngineLibrary = TextOrNull("engine.library"),
            EngineProgram = TextOrNull("engine.program"),
            AllowUntestedEngine = (bool)value(SettingTable.ByKey["engine.allow_untested"]),
            WebPort = (int)Number("web.port"),
        };

        string Text(string key) => (string)value(SettingTable.ByKey[key]);
        string? TextOrNull(string key) => Text(key) is { Length: > 0 } text ? text : null;
        long Number(string key) => (long)value(SettingTable.ByKey[key]);
        long Bytes(string key) => Amounts.TryParseBytes(Text(key), out long bytes, out _) ? bytes : throw new InvalidOperationException($"{key} was not checked");
        AppLimits Limits(string prefix) => new()
        {
            CpuPercent = Amounts.TryParseCpu(Text(prefix + "cpu"), out int percent, out _) ? percent : throw new InvalidOperationException($"{prefix}cpu was not checked"),
            MemoryBytes = Bytes(prefix + "memory"),
            Tasks = (int)Number(prefix + "tasks"),
            LinearMemoryBytes = Bytes(prefix + "linear_memory"),
        };
    }
}
