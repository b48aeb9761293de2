using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Process.Tests;

/// <summary>Frames on the daemon's socket, and what is in them before it is a request. MessagePack by itself has longer tables in Core.Tests.</summary>
[Collection(DaemonCollection.Name)]
public sealed class MalformedFrameTests(SharedDaemon shared)
{
    /// <summary>Malformation, bytes of a frame's body, and whether the connection stays.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        { "no message at all", "" },
        { "nil", "c0" },
        { "a number", "07" },
        { "text", "a454455354" },
        { "an empty map", "80" },
        { "an empty array", "90" },
        { "the format that never was", "c1" },
        { "a type that is a number", "81a47479706507" },
        { "a type that is nil", "81a474797065c0" },
        { "no such type", "81a474797065a45a5a5a5a" },
        { "a key that is a number", "8107a454455354" },
        { "a map cut off", "82a474797065ad51554552595f52554e4e494e47" },
        { "text cut off", "81a474797065ad5155" },
        { "bytes after the message", "81a474797065ad51554552595f52554e4e494e47c0" },
        { "text that is no UTF-8", "81a474797065a2fffe" },
        { "a surrogate in UTF-8", "81a474797065a3eda080" },
        { "binary for text", "81a474797065c40d51554552595f52554e4e494e47" },
        { "an extension type", "81a474797065d40100" },
        { "a map of four billion", "dfffffffff" },
        { "an array of four billion", "ddffffffff" },
        { "text of four billion", "dbffffffff" },
        { "the type twice", "82a474797065ad51554552595f52554e4e494e47a474797065ad51554552595f52554e4e494e47" },
        { "seq that is text", "82a474797065ad51554552595f52554e4e494e47a3736571a3616263" },
        { "seq that is negative", "82a474797065ad51554552595f52554e4e494e47a3736571ff" },
        { "array form of a request that has none", "91a6535441545553" },
        { "array form of no request", "9107" },
        { "100,000 arrays deep", "*91" },
        { "100,000 maps deep", "*81a161" },
    };

    [SkippableTheory]
    [MemberData(nameof(Bodies))]
    public async Task A_bad_body_is_answered_and_the_connection_stays(string malformation, string hex)
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        byte[] body = hex.StartsWith('*') ? [.. Enumerable.Repeat(Convert.FromHexString(hex[1..]), 100_000).SelectMany(part => part)] : Convert.FromHexString(hex);
        long began = Stopwatch.GetTimestamp();
        await peer.SendAsync(body);
        JsonObject reply = await peer.NextAsync($"an answer to {malformation}", _ => true, Malformed.Bound * 2);
        Malformed.InTime(malformation, began);
        if (malformation == "the type twice")
        {
            Assert.Contains((string?)reply["type"], (string[])["ERROR", "RUNNING_APPS"]); // the same twice harms nobody
        }
        else
        {
            Assert.Equal(("ERROR", 400), ((string?)reply["type"], (int?)reply["code"]));
            Assert.NotEmpty((string?)reply["message"] ?? "");
        }

        await peer.ExpectAsync("RUNNING_APPS", "QUERY_RUNNING");
    }

    [SkippableTheory]
    [InlineData("ffffffff")]
    [InlineData("01004000")] // 4 MiB and one byte
    [InlineData("ffffff7f")]
    public async Task A_frame_over_the_limit_is_413_before_its_body_and_closed(string head)
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        await peer.SendRawAsync(Convert.FromHexString(head));
        JsonObject reply = await peer.NextAsync("413", _ => true, Malformed.Bound);
        Assert.Equal(("ERROR", 413), ((string?)reply["type"], (int?)reply["code"]));
        await peer.ClosedAsync(Malformed.Bound);
        await Malformed.HealthyAsync(daemon);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("05")]
    [InlineData("0500")]
    [InlineData("0500000081")]
    [InlineData("4745542f20485454502f312e310d0a0d0a")] // GET / HTTP/1.1
    public async Task A_connection_that_ends_inside_a_frame_is_closed_and_forgotten(string hex)
    {
        Daemon daemon = await shared.GetAsync();
        await Malformed.HealthyAsync(daemon);
        int before = ProcessTable.Descriptors(daemon.Pid).Count;
        await using (ControlPeer peer = await daemon.ConnectAsync())
        {
            await peer.SendRawAsync(Convert.FromHexString(hex));
            peer.FinishSending();
            await peer.ClosedAsync(Malformed.Bound);
        }

        await Malformed.HealthyAsync(daemon);
        await daemon.DescriptorsAsync(before + 1);
    }

    [SkippableFact]
    public async Task A_frame_in_single_bytes_and_two_frames_in_one_write_are_read()
    {
        Daemon daemon = await shared.GetAsync();
        await using ControlPeer peer = await daemon.ConnectAsync();
        byte[] body = Convert.FromHexString("81a474797065ad51554552595f52554e4e494e47");
        byte[] frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        foreach (byte one in frame)
        {
            await peer.SendRawAsync(new[] { one });
        }

        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Malformed.Bound);
        await peer.SendRawAsync((byte[])[.. frame, .. frame]);
        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Malformed.Bound);
        await peer.NextAsync("RUNNING_APPS", m => (string?)m["type"] == "RUNNING_APPS", Malformed.Bound);
    }
}
