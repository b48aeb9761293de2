using System.Net.Sockets;
using Weft.Linux;

namespace Linux.Tests;

public sealed class UnixSocketsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-linux-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_listener_has_its_mode_and_leaves_its_path_alone()
    {
        string path = Path.Combine(_folder, "a.sock");
        using (Socket listener = UnixSockets.Listen(path, 0x180))
        {
            Assert.Equal((FileType.Socket, 0x180), (Files.Stat(path).Type, Files.Stat(path).Mode));
            using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Task<Socket> accepting = listener.AcceptAsync();
            await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
            using Socket accepted = await accepting.WaitAsync(Deadline);
            await client.SendAsync("hi"u8.ToArray());
            byte[] buffer = new byte[10];
            Assert.Equal(2, await accepted.ReceiveAsync(buffer));

            PeerCredentials peer = UnixSockets.PeerCredentials(accepted);
            Assert.Equal(Environment.ProcessId, peer.Pid);
            using Descriptor? process = UnixSockets.PeerPidfd(accepted);
            Assert.True(process is null || Pidfd.Signal(process, 0));
        }

        Assert.True(Path.Exists(path));
    }

    [Fact]
    public void A_dead_daemons_socket_is_replaced_and_anything_else_is_not()
    {
        string path = Path.Combine(_folder, "a.sock");
        UnixSockets.Listen(path).Dispose();
        UnixSockets.Listen(path).Dispose();

        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "kept");
        LinuxException error = Assert.Throws<LinuxException>(() => UnixSockets.Listen(file));
        Assert.Equal((Errno.EADDRINUSE, file), (error.Errno, error.Path));
        Assert.Equal("kept", File.ReadAllText(file));

        string link = Path.Combine(_folder, "link");
        Files.Link(path, link);
        Assert.Throws<LinuxException>(() => UnixSockets.Listen(link));
        Assert.Equal(FileType.Link, Files.Stat(link, followLink: false).Type);
    }

    [Fact]
    public void A_path_that_is_too_long_is_said()
    {
        string path = "/" + new string('x', UnixSockets.MaxPathBytes);
        Assert.Contains("at most 107 bytes, this one 108", Assert.Throws<LinuxException>(() => UnixSockets.Listen(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Descriptors_arrive_with_their_bytes_and_close_on_exec()
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("passed", 16);
        Files.WriteAt(memory, "inside"u8, 0);
        await UnixSockets.SendDescriptorsAsync(first, "hello"u8.ToArray(), [memory, memory]);
        byte[] buffer = new byte[100];
        using ReceivedDescriptors received = await UnixSockets.ReceiveDescriptorsAsync(second, buffer, 2);
        Assert.Equal((5, 2), (received.Bytes, received.Count));
        using Descriptor taken = received.Take(0);
        Assert.Throws<InvalidOperationException>(() => received.Take(0));
        Assert.Equal(Files.Stat(memory).Inode, Files.Stat(taken).Inode);
        Assert.Contains("flags:\t02", await File.ReadAllTextAsync($"/proc/self/fdinfo/{taken.Number}"), StringComparison.Ordinal); // O_CLOEXEC

        first.Dispose();
        using ReceivedDescriptors end = await UnixSockets.ReceiveDescriptorsAsync(second, buffer, 2);
        Assert.Equal((0, 0), (end.Bytes, end.Count));
        second.Dispose();
    }

    [Fact]
    public async Task A_receiver_can_wait_before_anything_is_sent()
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("passed", 16);
        byte[] buffer = new byte[100];
        ValueTask<ReceivedDescriptors> receiving = UnixSockets.ReceiveDescriptorsAsync(second, buffer, 1);
        await UnixSockets.SendDescriptorsAsync(first, "x"u8.ToArray(), [memory]);
        using ReceivedDescriptors received = await receiving.AsTask().WaitAsync(Deadline);
        Assert.Equal(1, received.Count);
        first.Dispose();
        second.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(252)]
    public async Task More_descriptors_than_wanted_are_all_closed(int wanted)
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("surplus-" + wanted, 16);
        await UnixSockets.SendDescriptorsAsync(first, "x"u8.ToArray(), [.. Enumerable.Repeat(memory, 253)]);
        LinuxException error = await Assert.ThrowsAsync<LinuxException>(async () => await UnixSockets.ReceiveDescriptorsAsync(second, new byte[10], wanted));
        Assert.Equal(Errno.EMSGSIZE, error.Errno);
        Assert.Contains($"at most {wanted}", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, OpenNamed("surplus-" + wanted));
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Unclaimed_descriptors_are_closed()
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("unclaimed", 16);
        for (int i = 0; i < 100; i++)
        {
            await UnixSockets.SendDescriptorsAsync(first, "x"u8.ToArray(), [.. Enumerable.Repeat(memory, 10)]);
            using ReceivedDescriptors received = await UnixSockets.ReceiveDescriptorsAsync(second, new byte[10], 10);
            Assert.Equal(10, received.Count);
            received.Take(3).Dispose();
        }

        Assert.Equal(1, OpenNamed("unclaimed"));
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Descriptors_that_nobody_asked_for_do_not_stay_open()
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("unasked", 16);
        await UnixSockets.SendDescriptorsAsync(first, "x"u8.ToArray(), [memory]);
        Assert.Equal(1, await second.ReceiveAsync(new byte[10]));
        Assert.Equal(1, OpenNamed("unasked"));
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task A_full_peer_is_waited_for()
    {
        (Socket first, Socket second) = Pair();
        using Descriptor memory = MemoryFile.Create("full", 16);
        byte[] big = new byte[4 << 20];
        Task sending = UnixSockets.SendDescriptorsAsync(first, big, [memory]).AsTask();
        Task next = sending.ContinueWith(_ => UnixSockets.SendDescriptorsAsync(first, "x"u8.ToArray(), [memory]).AsTask(), TaskScheduler.Default).Unwrap();
        int bytes = 0;
        int descriptors = 0;
        byte[] buffer = new byte[1 << 20];
        while (bytes < big.Length + 1)
        {
            using ReceivedDescriptors received = await UnixSockets.ReceiveDescriptorsAsync(second, buffer, 1).AsTask().WaitAsync(Deadline);
            bytes += received.Bytes;
            descriptors += received.Count;
        }

        await next.WaitAsync(Deadline);
        Assert.Equal((big.Length + 1, 2), (bytes, descriptors));
        first.Dispose();
        second.Dispose();
    }

    private static (Socket First, Socket Second) Pair()
    {
        (Descriptor first, Descriptor second) = UnixSockets.Pair();
        return (first.ToSocket(), second.ToSocket());
    }

    private static int OpenNamed(string name)
        => Directory.GetFiles("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget?.Contains($"memfd:{name} ", StringComparison.Ordinal) == true);
}
