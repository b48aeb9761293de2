using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What a registration waits for: the bits of epoll(7). Error and hang-up are always reported.</summary>
[Flags]
public enum PollEvents : uint
{
    None = 0,
    Readable = 1,
    Writable = 4,
    Error = 8,
    HangUp = 0x10,
}

/// <summary>
/// One thread that waits for descriptors .NET does not know: pidfds, eventfds, memory.events. Sockets stay with .NET.
/// The thread starts with the first registration.
/// </summary>
public sealed partial class Poller
{
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const uint EPOLLET = 1u << 31;
    private const uint EPOLLONESHOT = 1u << 30;
    private const int EventsAtOnce = 64;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventSize - 8;

    private static readonly Lazy<Poller> SharedPoller = new(() => new Poller());

    private readonly Descriptor _epoll;
    private readonly ConcurrentDictionary<long, Registration> _registrations = new();
    private long _lastId;

    private Poller()
    {
        int number = epoll_create1(EPOLL_CLOEXEC);
        _epoll = number >= 0 ? new Descriptor(number) : throw LinuxException.FromLastError("epoll_create1", null);
        new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "poller" }.Start();
    }

    /// <summary>The one of this process.</summary>
    public static Poller Shared => SharedPoller.Value;

    /// <summary>
    /// Calls <paramref name="callback"/> on the poller's thread when <paramref name="descriptor"/> has one of <paramref name="events"/>, until
    /// the result is disposed. The callback must be short, never block and never throw: everyone's events wait behind it. Level-triggered ones
    /// must take away what woke them, or dispose; edge-triggered ones are called once for each change, and need not read.
    /// </summary>
    /// <remarks>The descriptor is kept open while it is registered. A callback that runs already when Dispose is called elsewhere runs to its end.</remarks>
    public IDisposable Register(Descriptor descriptor, PollEvents events, bool edgeTriggered, Action callback)
        => Add(descriptor, (uint)events | (edgeTriggered ? EPOLLET : 0), callback);

    /// <summary>As <see cref="Register"/>, called at most once.</summary>
    public IDisposable RegisterOnce(Descriptor descriptor, PollEvents events, Action callback)
        => Add(descriptor, (uint)events | EPOLLONESHOT, callback);

    /// <summary>Ends when the descriptor has one of <paramref name="events"/>.</summary>
    public async Task WaitAsync(Descriptor descriptor, PollEvents events, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable registration = RegisterOnce(descriptor, events, happened.SetResult);
        await happened.Task.WaitAsync(cancellationToken);
    }

    private Registration Add(Descriptor descriptor, uint events, Action callback)
    {
        long id = Interlocked.Increment(ref _lastId);
        Registration registration = new(this, id, descriptor, callback);
        _registrations[id] = registration;

        Span<byte> request = stackalloc byte[16];
        MemoryMarshal.Write(request, in events);
        MemoryMarshal.Write(request[DataOffset..], in id);
        if (epoll_ctl(_epoll, EPOLL_CTL_ADD, registration.Number, ref MemoryMarshal.GetReference(request)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            registration.Forget();
            throw new LinuxException("epoll_ctl", Files.Describe(descriptor), errno, errno == Errno.EEXIST ? "register a duplicate to wait for one file twice" : null);
        }

        return registration;
    }

    private void Run()
    {
        byte[] events = new byte[16 * EventsAtOnce];
        while (true)
        {
            int count = epoll_wait(_epoll, ref events[0], EventsAtOnce, -1);
            if (count < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                // Nobody would hear of the end of a child any more: better no daemon than a deaf one.
                Environment.FailFast(new LinuxException("epoll_wait", null, errno).Message);
            }

            for (int i = 0; i < count; i++)
            {
                long id = MemoryMarshal.Read<long>(events.AsSpan((i * EventSize) + DataOffset));
                if (_registrations.TryGetValue(id, out Registration? registration))
                {
                    registration.Call();
                }
            }
        }
    }

    private sealed class Registration : IDisposable
    {
        private readonly Poller _poller;
        private readonly long _id;
        private readonly Descriptor _descriptor;
        private readonly Action _callback;
        private int _ended;

        public Registration(Poller poller, long id, Descriptor descriptor, Action callback)
        {
            _poller = poller;
            _id = id;
            _descriptor = descriptor;
            _callback = callback;
            bool held = false;
            descriptor.DangerousAddRef(ref held);
            Number = descriptor.Number;
        }

        public int Number { get; }

        public void Call() => _callback();

        /// <summary>The number stays ours until after EPOLL_CTL_DEL, so no other file can be meant.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                byte unused = 0;
                _ = epoll_ctl(_poller._epoll, EPOLL_CTL_DEL, Number, ref unused);
                _poller._registrations.TryRemove(_id, out _);
                _descriptor.DangerousRelease();
            }
        }

        /// <summary>Undoes a registration that the kernel refused.</summary>
        public void Forget()
        {
            _ended = 1;
            _poller._registrations.TryRemove(_id, out _);
            _descriptor.DangerousRelease();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(Descriptor epoll, int operation, int fd, ref byte request);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(Descriptor epoll, ref byte events, int most, int timeout);
}
