using System.Text;
using Weft.Core.Apps;
using Weft.Core.Settings;

namespace Weft.Fuzz.Targets;

/// <summary>Files of settings: whatever they hold, the kiosk starts with values in their ranges.</summary>
internal sealed class SettingsTarget : IFuzzTarget
{
    private readonly Lazy<DirectoryInfo> _folder = new(static () =>
    {
        DirectoryInfo made = Directory.CreateTempSubdirectory("weft-fuzz-settings-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => made.Delete(recursive: true);
        return made;
    });

    public string Name => "settings";

    public IEnumerable<byte[]> Seeds => ((string[])
    [
        "web.port = 80\n[limits]\ncpu = \"50%\"\nmemory = \"1G\"\n[limits.default]\ntasks = 8\n[policy]\nenforcement = \"require\"\n",
        """{"format":1,"values":{"web.port":80,"limits.cpu":"50%","engine.allow_untested":true}}""",
    ]).Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => [.. SettingTable.All.Select(static s => Encoding.UTF8.GetBytes(s.Key)), "\"format\":"u8.ToArray(), "99999999999999999999"u8.ToArray(), "-1"u8.ToArray()];

    public void Run(ReadOnlySpan<byte> input)
    {
        string path = Path.Combine(_folder.Value.FullName, "appd.toml");
        File.WriteAllBytes(path, input);
        WeftSettings settings = SettingsStore.Load(new SettingsSources { MachineFile = path, UserFile = path, ChangedFile = path, Environment = static _ => null }).Current;
        AppLimits most = settings.Limits.Most;
        AppLimits standard = settings.Limits.Default;
        if (settings.WebPort is < 0 or > 65535 || settings.Grace > TimeSpan.FromSeconds(60) || settings.ReadyTimeout < TimeSpan.FromSeconds(1)
            || standard.CpuPercent > most.CpuPercent || standard.MemoryBytes > most.MemoryBytes || standard.Tasks > most.Tasks || most.Tasks < 1)
        {
            throw new FuzzFindingException($"settings out of range: {settings}");
        }
    }
}
