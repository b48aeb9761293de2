using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Appd.Compositor;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;
using Weft.Linux;
using Xunit;

namespace Weft.Appd.Tests.Compositor;

/// <summary>The link against a compositor that a test plays on a real socket.</summary>
public sealed class CompositorLinkTests : IAsyncLifetime, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("weft-compositor-").FullName;
    private CompositorLink _link = null!;
    private Socket _listener = null!;

    private string SocketPath => Path.Combine(_root, "c.sock");

    public Task InitializeAsync()
    {
        _listener = UnixSockets.Listen(SocketPath);
        _link = new CompositorLink(SocketPath, TimeProvider.System, NullLogger<CompositorLink>.Instance);
        _link.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _link.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Surfaces_are_created_and_destroyed_once_and_focus_is_passed_on()
    {
        using Socket compositor = await AcceptAsync();
        _link.Created("a.b.c", new SessionId(7), 42);
        Assert.True(_link.Focus(new SessionId(7)));
        _link.Destroyed(new SessionId(7));
        _link.Destroyed(new SessionId(7));
        _link.Created("a.b.d", new SessionId(8), 43);

        Assert.Equal("app_surface_created a.b.c 7 42", await ReadAsync(compositor));
        Assert.Equal("app_focus_request 7", await ReadAsync(compositor));
        Assert.Equal("app_surface_destroyed 7", await ReadAsync(compositor));
        Assert.Equal("app_surface_created a.b.d 8 43", await ReadAsync(compositor));
    }

    [Fact]
    public async Task A_compositor_that_comes_back_gets_what_lives_and_what_it_was_owed()
    {
        using (Socket first = await AcceptAsync())
        {
            _link.Created("a.b.c", new SessionId(1), 41);
            _link.Created("a.b.c", new SessionId(2), 42);
            await ReadAsync(first);
            await ReadAsync(first);
        }

        await UntilAsync(() => !_link.IsConnected);
        _link.Destroyed(new SessionId(1));
        _link.Created("a.b.c", new SessionId(3), 43);
        _link.Created("a.b.c", new SessionId(4), 44);
        _link.Destroyed(new SessionId(4)); // came and went unseen: nobody is told

        using Socket second = await AcceptAsync();
        string[] told = [await ReadAsync(second), await ReadAsync(second), await ReadAsync(second)];
        Assert.Equal(["app_surface_destroyed 1", "app_surface_created a.b.c 2 42", "app_surface_created a.b.c 3 43"], told);
    }

    [Fact]
    public async Task What_it_says_reaches_the_session_and_nonsense_is_passed_over()
    {
        var ready = new TaskCompletionSource<SessionId>(TaskCreationOptions.RunContinuationsAsynchronously);
        var closed = new TaskCompletionSource<SessionId>(TaskCreationOptions.RunContinuationsAsynchronously);
        _link.SurfaceReady = ready.SetResult;
        _link.WindowClosed = closed.SetResult;
        using Socket compositor = await AcceptAsync();
        _link.Created("a.b.c", new SessionId(7), 42);
        await ReadAsync(compositor);

        foreach (byte[] nonsense in new byte[][] { [], [0xc1], [0x93, 1, 2, 3], [0x81, 0xa4, (byte)'t', (byte)'y', (byte)'p', (byte)'e', 0xa1, (byte)'x'] })
        {
            await SendAsync(compositor, nonsense);
        }

        await SendAsync(compositor, Message("surface_ready", "session_id", 99));
        await SendAsync(compositor, Message("client_disconnected", "pid", 0));
        await SendAsync(compositor, Message("client_disconnected", "pid", 4242));
        await SendAsync(compositor, Message("surface_ready", "session_id", 7));
        await SendAsync(compositor, Message("client_disconnected", "pid", 42));

        Assert.Equal(new SessionId(7), await ready.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(new SessionId(7), await closed.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(_link.IsConnected);
    }

    [Fact]
    public async Task A_frame_that_is_too_large_ends_the_connection_and_the_next_one_is_made()
    {
        using (Socket first = await AcceptAsync())
        {
            byte[] head = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(head, 0xFFFF_FFFF);
            await first.SendAsync(head);
            Assert.Equal(0, await first.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(10)));
        }

        using Socket second = await AcceptAsync();
        Assert.True(second.Connected);
    }

    private async Task<Socket> AcceptAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        Socket compositor = await _listener.AcceptAsync(deadline.Token);
        await UntilAsync(() => _link.IsConnected);
        return compositor;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }

    private static async Task<string> ReadAsync(Socket compositor)
    {
        byte[] head = await FillAsync(compositor, 4);
        byte[] frame = await FillAsync(compositor, (int)BinaryPrimitives.ReadUInt32LittleEndian(head));
        return Describe(frame);
    }

    private static string Describe(byte[] frame)
    {
        var reader = new MessagePackReader(frame);
        var words = new List<string>();
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            reader.ReadString();
            words.Add(reader.PeekType() == MessagePackType.String ? reader.ReadString() : reader.ReadUInt64().ToString());
        }

        return string.Join(' ', words);
    }

    private static async Task<byte[]> FillAsync(Socket socket, int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        byte[] buffer = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(filled), deadline.Token);
            Assert.NotEqual(0, read);
            filled += read;
        }

        return buffer;
    }

    private static byte[] Message(string type, string name, ulong value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(2);
        writer.WriteString("type");
        writer.WriteString(type);
        writer.WriteString(name);
        writer.WriteUInt64(value);
        return buffer.WrittenSpan.ToArray();
    }

    private static async Task SendAsync(Socket compositor, byte[] frame)
    {
        byte[] bytes = new byte[frame.Length + 4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)frame.Length);
        frame.CopyTo(bytes, 4);
        await compositor.SendAsync(bytes);
    }
}
