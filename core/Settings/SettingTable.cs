using System.Collections.Frozen;

namespace Weft.Core.Settings;

/// <summary>Every setting there is. docs/settings.md holds the same table for people; a test compares the two.</summary>
public static class SettingTable
{
    /// <summary>In the order in which they are listed.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new() { Key = "limits.cpu", Form = SettingForm.Cpu, Default = "200%", Policy = true, Summary = "Most processor time a session may have, in percent of one processor" },
        new() { Key = "limits.memory", Form = SettingForm.Bytes, Default = "512M", Policy = true, Summary = "Most memory of all processes of a session together" },
        new() { Key = "limits.tasks", Form = SettingForm.WholeNumber, Default = 64L, Least = 1, Most = 4_194_304, Policy = true, Summary = "Most processes and threads of a session" },
        new() { Key = "limits.linear_memory", Form = SettingForm.Bytes, Default = "256M", Policy = true, Summary = "Most linear memory of a guest inside the engine" },
        new() { Key = "limits.default.cpu", Form = SettingForm.Cpu, DefaultFrom = "limits.cpu", Policy = true, Summary = "Processor time of an app that asks for none" },
        new() { Key = "limits.default.memory", Form = SettingForm.Bytes, DefaultFrom = "limits.memory", Policy = true, Summary = "Memory of an app that asks for none" },
        new() { Key = "limits.default.tasks", Form = SettingForm.WholeNumber, DefaultFrom = "limits.tasks", Least = 1, Most = 4_194_304, Policy = true, Summary = "Processes and threads of an app that asks for none" },
        new() { Key = "limits.default.linear_memory", Form = SettingForm.Bytes, DefaultFrom = "limits.linear_memory", Policy = true, Summary = "Linear memory of an app that asks for none" },
        new() { Key = "policy.enforcement", Form = SettingForm.Word, Default = "warn", Words = ["warn", "require"], Policy = true, Summary = "What happens where a limit or a box cannot be enforced: warn runs the app and marks it, require refuses it" },
        new() { Key = "policy.approve", Form = SettingForm.Word, Default = "ask", Words = ["ask", "auto"], Policy = true, Summary = "Who agrees to new capabilities of signed packages: ask a person (weft approve), or auto for unattended kiosks" },
        new() { Key = "sessions.maximum", Form = SettingForm.WholeNumber, Default = 200L, Least = 1, Most = 4096, Policy = true, Summary = "Most sessions at once; further launches are answered 429" },
        new() { Key = "sessions.ready_timeout", Form = SettingForm.WholeNumber, Default = 30L, Least = 1, Most = 600, Summary = "Seconds until an app must be ready" },
        new() { Key = "sessions.grace", Form = SettingForm.WholeNumber, Default = 5L, Least = 0, Most = 60, Summary = "Seconds an app has to end by itself before it is killed" },
        new() { Key = "sessions.stop_timeout", Form = SettingForm.WholeNumber, Default = 15L, Least = 1, Most = 80, Summary = "Seconds within which a stopping daemon ends all sessions" },
        new() { Key = "sessions.log_size", Form = SettingForm.Bytes, Default = "4M", Summary = "Bytes a session's log may have before it is rotated; one older file is kept" },
        new() { Key = "session_user", Form = SettingForm.Text, Default = "", Policy = true, Summary = "User that sessions run as where the daemon runs as root" },
        new() { Key = "engine.library", Form = SettingForm.FilePath, Default = "", Variable = "WEFT_WASMTIME_LIB", Summary = "libwasmtime to use; empty looks for one" },
        new() { Key = "engine.program", Form = SettingForm.FilePath, Default = "", Variable = "WEFT_WASMTIME_BIN", Summary = "Wasmtime executable to use where there is no library; empty looks for one" },
        new() { Key = "engine.allow_untested", Form = SettingForm.Boolean, Default = false, Policy = true, Summary = "Use a libwasmtime of a version that Weft was not tested with" },
        new() { Key = "web.port", Form = SettingForm.WholeNumber, Default = 7410L, Least = 0, Most = 65535, Variable = "WEFT_APPD_WS_PORT", Summary = "Port of the system UI and the WebSocket on the loopback addresses; 0 takes any free one" },
    ];

    /// <summary>The settings by key.</summary>
    public static FrozenDictionary<string, Setting> ByKey { get; } = All.ToFrozenDictionary(static s => s.Key);
}
