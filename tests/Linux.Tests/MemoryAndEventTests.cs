using Weft.Linux;

namespace Linux.Tests;

public sealed class MemoryAndEventTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_memory_file_keeps_its_size_whatever_anyone_tries()
    {
        using Descriptor file = MemoryFile.Create("ring", 4096);
        Assert.Equal(MemorySeals.FixedSize, MemoryFile.Seals(file) & MemorySeals.FixedSize);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => Files.SetSize(file, 0)).Errno);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => Files.SetSize(file, 8192)).Errno);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => MemoryFile.Seal(file, MemorySeals.Write)).Errno);
        Files.WriteAt(file, "content"u8, 100);
        Assert.Equal(4096, Files.Stat(file).Size);
    }

    [Fact]
    public void A_write_sealed_file_is_read_only_for_good()
    {
        using Descriptor file = MemoryFile.Create("code", 16, MemorySeals.None);
        Files.WriteAt(file, "x"u8, 0);
        MemoryFile.Seal(file, MemorySeals.Write | MemorySeals.FixedSize);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => Files.WriteAt(file, "y"u8, 0)).Errno);
    }

    [Fact]
    public void A_pipe_or_an_ordinary_file_is_no_memory_file()
    {
        using Descriptor file = Files.Open("/etc/passwd", OpenFlags.ReadOnly);
        Assert.Null(MemoryFile.Seals(file));
        (Descriptor read, Descriptor write) = Files.Pipe();
        Assert.Null(MemoryFile.Seals(read));
        read.Dispose();
        write.Dispose();
    }

    [Fact]
    public void Mapped_memory_is_the_file()
    {
        using Descriptor file = MemoryFile.Create("ring", 4096);
        using MemoryMap map = MemoryFile.Map(file, 4096, writable: true);
        "abc"u8.CopyTo(map.Bytes);
        byte[] buffer = new byte[3];
        Files.ReadAt(file, buffer, 0);
        Assert.Equal("abc"u8, buffer);
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Bytes.Length);
    }

    [Fact]
    public async Task An_edge_triggered_wait_is_called_for_each_signal_without_reading()
    {
        using EventDescriptor signal = EventDescriptor.Create();
        using SemaphoreSlim calls = new(0);
        using (Poller.Shared.Register(signal.Descriptor, PollEvents.Readable, edgeTriggered: true, () => calls.Release()))
        {
            for (int i = 0; i < 3; i++)
            {
                signal.Signal();
                Assert.True(await calls.WaitAsync(Deadline));
            }
        }

        Assert.Equal(3UL, signal.Drain());
        signal.Signal();
        Assert.Equal(0, calls.CurrentCount);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_begun_again()
    {
        using EventDescriptor signal = EventDescriptor.Create();
        using CancellationTokenSource stop = new();
        Task waiting = Poller.Shared.WaitAsync(signal.Descriptor, PollEvents.Readable, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        waiting = Poller.Shared.WaitAsync(signal.Descriptor, PollEvents.Readable);
        signal.Signal();
        await waiting.WaitAsync(Deadline);
    }

    [Fact]
    public void A_descriptor_stays_open_while_it_is_registered()
    {
        EventDescriptor signal = EventDescriptor.Create();
        int number = signal.Descriptor.Number;
        IDisposable registration = Poller.Shared.Register(signal.Descriptor, PollEvents.Readable, edgeTriggered: true, () => { });
        Assert.Contains("already", Assert.Throws<LinuxException>(() => Poller.Shared.Register(signal.Descriptor, PollEvents.Readable, true, () => { })).Message
            .Replace("File exists", "already", StringComparison.Ordinal), StringComparison.Ordinal);
        signal.Dispose();
        Assert.Equal("anon_inode:[eventfd]", new FileInfo($"/proc/self/fd/{number}").LinkTarget);
        registration.Dispose();
        registration.Dispose();
    }

    [Fact]
    public void An_eventfd_that_is_full_is_no_error()
    {
        using EventDescriptor signal = EventDescriptor.Create();
        Files.Write(signal.Descriptor, BitConverter.GetBytes(ulong.MaxValue - 1));
        signal.Signal();
        Assert.Equal(ulong.MaxValue - 1, signal.Drain());
        Assert.Equal(0UL, signal.Drain());
    }
}
