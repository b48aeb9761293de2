using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>
/// What holds whatever comes through a door of the running daemon malformed: it is answered within a second, and the daemon is unharmed.
/// The doors' parsers have their own, longer tables; in the tests that use this the whole way counts.
/// </summary>
internal static class Malformed
{
    public static TimeSpan Bound { get; } = TimeSpan.FromSeconds(1);

    /// <param name="what">The malformation.</param>
    /// <param name="began">The timestamp before it was sent.</param>
    public static void InTime(string what, long began)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        Assert.True(took < Bound, $"{what} took {took}");
    }

    /// <summary>The daemon's socket answers.</summary>
    public static async Task HealthyAsync(Daemon daemon)
    {
        await using ControlPeer peer = await daemon.ConnectAsync();
        JsonObject reply = await peer.AskAsync("QUERY_RUNNING", patience: Bound);
        Assert.Equal("RUNNING_APPS", (string?)reply["type"]);
    }
}
