namespace Weft.Appd.Sessions;

/// <summary>All limits of sessions as appd runs them. Times are of the monotonic clock.</summary>
internal sealed record SessionLimits
{
    /// <summary>From start to READY (spec: 30 s; a setting).</summary>
    public TimeSpan Ready { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From <c>closing</c> to the kill (spec: 5 s; a setting).</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long SIGTERM waits for the channel to say the grace: a round trip, unless the runtime does not listen. Never more than half of the grace.</summary>
    public TimeSpan Closing { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an end waits for what else explains it (spec: 250 ms).</summary>
    public TimeSpan Evidence { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>All sessions together, when the daemon stops (spec: 15 s).</summary>
    public TimeSpan Shutdown { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>One try to kill what is left of a session; then it is said, and tried again.</summary>
    public TimeSpan Kill { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Live sessions at once: about 12 descriptors each of the 65,536 that the unit allows, and more than a kiosk shows.</summary>
    public int Sessions { get; init; } = 1000;

    /// <summary>Arguments and variables of one launch, and their bytes together: far below what the kernel takes for a new program.</summary>
    public int LaunchWords { get; init; } = 1024;

    public int LaunchBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of a request_id.</summary>
    public int RequestIdBytes { get; init; } = 128;

    /// <summary>Pause between two looks at a session's output while there is some: a flood is read ten times a second.</summary>
    public TimeSpan OutputPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of one of a session's two log files; then they rotate.</summary>
    public long LogBytes { get; init; } = 512 * 1024;

    /// <summary>The first and the longest pause before an app is started again (spec: 0.5 s to 30 s).</summary>
    public TimeSpan ShortestBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Failures in a row after which an app stays down (spec: five).</summary>
    public int FailuresInARow { get; init; } = 5;

    /// <summary>Ready for so long, an app has recovered: its failures before do not count any more.</summary>
    public TimeSpan Recovered { get; init; } = TimeSpan.FromSeconds(30);
}
