using System.Text;
using Weft.Appd.Sessions;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

public sealed class SessionLogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("weft-log-").FullName;

    private string FilePath => Path.Combine(_root, "1.log");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Lines_come_back_with_time_and_stream_and_a_reader_goes_on_where_it_was()
    {
        var log = new SessionLog(FilePath, 1024 * 1024);
        log.Append(10, "out", "one\ntwo\n"u8);
        (List<LogEntry> first, ulong next) = log.Read(null, 10);
        log.Append(20, "err", "three\n"u8);
        (List<LogEntry> second, _) = new SessionLog(FilePath, 1024 * 1024).Read(next, 10); // also by another daemon

        Assert.Equal(["10 out one", "10 out two"], first.Select(Text));
        Assert.Equal(["20 err three"], second.Select(Text));
    }

    [Fact]
    public void Reading_by_pieces_neither_repeats_nor_skips_a_line_over_turns_of_the_files()
    {
        var log = new SessionLog(FilePath, 2000);
        var read = new List<string>();
        ulong next = 0;
        for (int i = 0; i < 300; i++)
        {
            log.Append(i, "out", Encoding.ASCII.GetBytes($"line {i}\n"));
            if (i % 3 == 0)
            {
                (List<LogEntry> entries, next) = log.Read(next, 2);
                read.AddRange(entries.Select(entry => entry.Text));
            }
            else
            {
                (List<LogEntry> entries, next) = log.Read(next, 2);
                read.AddRange(entries.Select(entry => entry.Text));
            }
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"line {i}"), read);
        Assert.True(new FileInfo(FilePath).Length <= 2000);
        Assert.True(File.Exists(FilePath + ".1"));
    }

    [Fact]
    public void What_is_asked_without_a_place_is_the_end()
    {
        var log = new SessionLog(FilePath, 1024 * 1024);
        log.Append(1, "out", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n"))));

        Assert.Equal(["998", "999"], log.Read(null, 2).Entries.Select(entry => entry.Text));
    }

    [Fact]
    public void A_file_cut_off_in_a_chunk_gives_what_there_is()
    {
        var log = new SessionLog(FilePath, 1024 * 1024);
        log.Append(1, "out", "whole\nand a long rest\n"u8);
        byte[] bytes = File.ReadAllBytes(FilePath);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(FilePath, bytes[..length]);
            Assert.True(new SessionLog(FilePath, 1024 * 1024).Read(null, 10).Entries.Count <= 2);
        }
    }

    [Fact]
    public void A_session_without_output_has_no_file()
    {
        (List<LogEntry> entries, ulong next) = new SessionLog(FilePath, 1000).Read(null, 10);

        Assert.Empty(entries);
        Assert.Equal(0UL, next);
        Assert.False(File.Exists(FilePath));
    }

    private static string Text(LogEntry entry) => $"{entry.At} {entry.Stream} {entry.Text}";
}
