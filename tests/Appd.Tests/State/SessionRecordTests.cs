using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.State;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.State;

public sealed class SessionRecordTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("weft-record-").FullName;

    private string LivePath => Path.Combine(_root, SessionRecord.LiveFileName);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task An_intent_is_on_disk_when_it_is_called_durable()
    {
        using SessionRecord record = Open();
        ulong id = record.Counter.Next().Value;

        await IntendAsync(record, id);

        Assert.Contains($"\"session_id\":{id}", File.ReadAllText(LivePath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_live_and_what_had_ended_is_there_again()
    {
        ulong live;
        ulong ended;
        using (SessionRecord record = Open())
        {
            live = record.Counter.Next().Value;
            ended = record.Counter.Next().Value;
            await IntendAsync(record, live);
            await IntendAsync(record, ended, record.Answer("r1", "a.b.c", ended));
            record.End(Ended(ended));
        }

        using SessionRecord again = Open();
        Assert.Equal([live], again.LiveSessions().Select(session => session.SessionId));
        Assert.True(again.TryGetEnded(ended, out EndedSession? end));
        Assert.Equal(EndCause.Failed, end.End.Cause);
        Assert.Equal(ended, again.Answered("r1")!.SessionId);
        Assert.True(again.Counter.Next().Value > ended);
    }

    [Fact]
    public async Task Fifty_intents_at_once_are_all_on_disk()
    {
        using SessionRecord record = Open();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => IntendAsync(record, record.Counter.Next().Value))));

        LiveRecord written = RecordFile.Read(LivePath, File.ReadAllBytes(LivePath), StateJson.Default.LiveRecord);
        Assert.Equal(50, written.Sessions.Select(session => session.SessionId).Distinct().Count());
    }

    [Fact]
    public void Only_the_last_200_ends_are_kept_and_the_others_are_told()
    {
        var forgotten = new List<ulong>();
        using (SessionRecord record = Open())
        {
            record.Forgotten = forgotten.Add;
            for (ulong id = 1; id <= 205; id++)
            {
                record.End(Ended(id));
            }
        }

        using SessionRecord again = Open();
        Assert.Equal([1, 2, 3, 4, 5], forgotten);
        Assert.Equal(200, again.EndedSessions().Count);
        Assert.False(again.TryGetEnded(5, out _));
    }

    [Fact]
    public async Task A_write_that_fails_takes_the_session_back_and_says_why()
    {
        using SessionRecord record = Open();
        ulong id = record.Counter.Next().Value;
        Directory.CreateDirectory(Path.Combine(LivePath, "in the way"));

        IOException e = await Assert.ThrowsAnyAsync<IOException>(() => IntendAsync(record, id, record.Answer("r", "a.b.c", id)));

        Assert.Contains(SessionRecord.LiveFileName, e.Message, StringComparison.Ordinal);
        Assert.Empty(record.LiveSessions());
        Assert.Null(record.Answered("r"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no header\n{}")]
    [InlineData("{\"format\":1,\"crc32c\":\"00000000\"}\n{\"sessions\":[],\"requests\":[]}")]
    public void A_damaged_record_is_set_aside_and_the_daemon_starts_empty(string content)
    {
        File.WriteAllText(LivePath, content);

        using SessionRecord record = Open();

        Assert.Empty(record.LiveSessions());
        Assert.Equal(content, File.ReadAllText(Assert.Single(Directory.GetFiles(_root, SessionRecord.LiveFileName + ".damaged-*"))));
    }

    [Fact]
    public async Task A_record_cut_at_any_byte_is_found_damaged()
    {
        using (SessionRecord record = Open())
        {
            await IntendAsync(record, 5);
        }

        byte[] whole = File.ReadAllBytes(LivePath);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<DamagedRecordException>(() => RecordFile.Read(LivePath, whole.AsSpan(0, length), StateJson.Default.LiveRecord));
        }
    }

    [Fact]
    public void A_newer_format_refuses_the_start_and_stays_untouched()
    {
        string path = Path.Combine(_root, SessionRecord.EndedFileName);
        File.WriteAllText(path, "{\"format\":2}\n???");

        Assert.Equal(78, Assert.Throws<StartRefusedException>(Open).ExitCode);
        Assert.Equal("{\"format\":2}\n???", File.ReadAllText(path));
    }

    [Fact]
    public void A_lost_counter_goes_on_from_the_clock_and_ids_never_repeat()
    {
        ulong first;
        using (SessionRecord record = Open())
        {
            first = record.Counter.Next().Value;
        }

        Assert.True(first >= 1_700_000_000);
        using (SessionRecord record = Open())
        {
            Assert.True(record.Counter.Next().Value > first);
        }

        File.WriteAllText(Path.Combine(_root, SessionCounter.FileName), "rotten");
        using (SessionRecord record = Open())
        {
            Assert.InRange(record.Counter.Next().Value, 1_700_000_000UL, SessionId.MaxValue);
        }
    }

    private SessionRecord Open() => SessionRecord.Open(_root, new StateLimits(), TimeProvider.System, NullLogger.Instance);

    private static Task IntendAsync(SessionRecord record, ulong id, AnsweredRequest? answer = null)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var session = new LiveSession
        {
            SessionId = id,
            AppId = "a.b.c",
            Name = "A",
            Version = "1.0.0",
            StartedAt = 1,
            BootId = Weft.Linux.Processes.BootId,
            Pid = 1,
            PidStartTime = 1,
            Mark = "M=1",
        };
        record.Intend(session, answer, error =>
        {
            if (error is null)
            {
                durable.SetResult();
            }
            else
            {
                durable.SetException(error);
            }
        });
        return durable.Task;
    }

    private static EndedSession Ended(ulong id) => new()
    {
        SessionId = id,
        AppId = "a.b.c",
        Name = "A",
        Version = "1.0.0",
        StartedAt = 1,
        EndedAt = 2,
        End = new SessionEnd { Cause = EndCause.Failed, Message = "A ended.", ExitCode = 3, Facts = [] },
    };
}
