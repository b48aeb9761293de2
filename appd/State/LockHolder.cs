using System.Text.Json;

namespace Weft.Appd.State;

/// <summary>Who holds a root: what the holder wrote into its lock file. The kernel's lock decides; this only names.</summary>
internal sealed record LockHolder
{
    /// <summary>A holder's line is far shorter; a longer file is nobody's.</summary>
    public const int MaxBytes = 4096;

    public required int Pid { get; init; }

    public required string BootId { get; init; }

    /// <summary>Start of the process in clock ticks since boot: field 22 of /proc/PID/stat.</summary>
    public required ulong StartTime { get; init; }

    public required string Version { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long Since { get; init; }

    public static LockHolder? Parse(ReadOnlySpan<byte> content)
    {
        int end = content.IndexOf((byte)'\n');
        try
        {
            return JsonSerializer.Deserialize(end < 0 ? content : content[..end], StateJson.Default.LockHolder);
        }
        catch (JsonException)
        {
            return null; // cut off or foreign: the lock still stands, it is only not named
        }
    }

    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.LockHolder), (byte)'\n'];

    public override string ToString() =>
        $"pid {Pid}, weft-appd {Version}, since {DateTimeOffset.FromUnixTimeMilliseconds(Since):yyyy-MM-dd HH:mm:ss} UTC";
}
