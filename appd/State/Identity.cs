using Weft.Linux;

namespace Weft.Appd.State;

/// <summary>Who this process is.</summary>
internal static class Identity
{
    /// <summary>The effective user id: the kernel makes /proc/self belong to it.</summary>
    public static uint EffectiveUser { get; } = Files.Stat("/proc/self/").Uid;
}
