using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Linux;

public sealed partial class ChildProcess
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;
    private const int O_RDWR = 2;
    private const string LimitingProgram = "/usr/bin/prlimit";

    // posix_spawn's opaque types are 80, 336 and 128 bytes in glibc on x86-64 and arm64; room to spare.
    private const int ActionsSize = 256;
    private const int AttributesSize = 1024;
    private const int SignalSetSize = 256;

    /// <summary>
    /// Starts a program with exactly what the request names. No managed code runs in the child (posix_spawn of glibc, as fast as vfork), and
    /// the pidfd is the child's for certain: nobody else waits for it.
    /// </summary>
    /// <param name="request">What to start.</param>
    /// <param name="mark">
    /// An entry of the environment, <c>NAME=value</c>, that only this session's processes have (the session's token): by it
    /// <see cref="KillSessionAsync"/> also finds descendants that left the session and whose parents are gone.
    /// </param>
    /// <exception cref="LinuxException">The program or the working directory is not there, or the system has no room for a process.</exception>
    public static ChildProcess Start(SpawnRequest request, string? mark = null)
    {
        string program = request.Program;
        List<string> arguments = [program, .. request.Arguments];
        if (request.Limits is { } limits)
        {
            if (access(program, X_OK) != 0)
            {
                throw LinuxException.FromLastError("posix_spawn", program);
            }

            program = LimitingProgram;
            arguments.InsertRange(0, [program, .. limits.Options(), "--"]);
        }

        int highest = 2;
        foreach (PassedDescriptor passed in request.Descriptors)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(passed.Target, nameof(request));
            highest = Math.Max(highest, passed.Target);
        }

        // Above all targets, so that no dup2 in the child overwrites a source that is still to come.
        List<Descriptor> lifted = new(request.Descriptors.Count);
        try
        {
            foreach (PassedDescriptor passed in request.Descriptors)
            {
                lifted.Add(passed.Source.Duplicate(highest + 1));
            }

            Children.EnterSpawn();
            try
            {
                int pid = Spawn(request, program, arguments, lifted, highest);
                return Adopt(pid, request, mark);
            }
            finally
            {
                Children.LeaveSpawn();
            }
        }
        finally
        {
            foreach (Descriptor descriptor in lifted)
            {
                descriptor.Dispose();
            }
        }
    }

    private static ChildProcess Adopt(int pid, SpawnRequest request, string? mark)
    {
        Children.Add(pid);
        Descriptor? pidfd = null;
        try
        {
            // Nobody has waited for it, so both are this child's even if it has ended already.
            pidfd = Linux.Pidfd.TryOpen(pid) ?? throw new LinuxException("pidfd_open", $"pid {pid}", Errno.ESRCH);
            ChildProcess child = new(pid, Processes.StartTime(pid) ?? 0, pidfd, request.NewSession, mark);
            child.Watch();
            return child;
        }
        catch
        {
            // There is no room for its descriptor, say: a child that nobody hears of must not go on.
            _ = kill(pid, Signals.SIGKILL);
            SignalInformation ignored = default;
            _ = waitid(P_PID, pid, ref ignored, WEXITED);
            Children.Remove(pid);
            pidfd?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Unsafe because posix_spawn wants arrays of C strings: they, the actions and the attributes live in this frame or in native memory
    /// that is freed after the call, and the call keeps none of it.
    /// </summary>
    private static unsafe int Spawn(SpawnRequest request, string program, List<string> arguments, List<Descriptor> sources, int highest)
    {
        byte* actions = stackalloc byte[ActionsSize];
        byte* attributes = stackalloc byte[AttributesSize];
        byte* signals = stackalloc byte[SignalSetSize];

        using StringBlock strings = new(arguments, request.Environment);
        Check(posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init", null);
        Check(posix_spawnattr_init(attributes), "posix_spawnattr_init", null);
        try
        {
            // Bit by bit: sigfillset leaves out glibc's own two signals, and those would arrive ignored.
            new Span<byte>(signals, SignalSetSize).Fill(0xFF);
            Check(posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr_setsigdefault", null);
            _ = sigemptyset(signals);
            Check(posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr_setsigmask", null);
            short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
            Check(posix_spawnattr_setflags(attributes, request.NewSession ? (short)(flags | POSIX_SPAWN_SETSID) : flags), "posix_spawnattr_setflags", null);

            Span<bool> given = highest < 256 ? stackalloc bool[highest + 1] : new bool[highest + 1];
            given.Clear();
            for (int i = 0; i < sources.Count; i++)
            {
                int target = request.Descriptors[i].Target;
                given[target] = true;
                Check(posix_spawn_file_actions_adddup2(actions, sources[i].Number, target), "posix_spawn_file_actions_adddup2", $"descriptor {target}");
            }

            for (int number = 0; number <= highest; number++)
            {
                if (!given[number])
                {
                    Check(number <= 2
                        ? posix_spawn_file_actions_addopen(actions, number, "/dev/null", O_RDWR, 0)
                        : posix_spawn_file_actions_addclose(actions, number), "posix_spawn_file_actions_add", $"descriptor {number}");
                }
            }

            Check(posix_spawn_file_actions_addclosefrom_np(actions, highest + 1), "posix_spawn_file_actions_addclosefrom_np", null);
            Check(posix_spawn_file_actions_addchdir_np(actions, request.WorkingDirectory), "posix_spawn_file_actions_addchdir_np", request.WorkingDirectory);

            int error = posix_spawn(out int pid, program, actions, attributes, strings.Arguments, strings.Environment);
            if (error != 0)
            {
                // The child's chdir fails with the same numbers as its exec: say which it was.
                bool folderMissing = Files.TryStat(request.WorkingDirectory) is not { Type: FileType.Directory };
                throw new LinuxException("posix_spawn", program, error, folderMissing ? $"the working directory {request.WorkingDirectory} is no folder" : null);
            }

            return pid;
        }
        finally
        {
            _ = posix_spawnattr_destroy(attributes);
            _ = posix_spawn_file_actions_destroy(actions);
        }
    }

    private static void Check(int error, string call, string? what)
    {
        if (error != 0)
        {
            throw new LinuxException(call, what, error);
        }
    }

    /// <summary>argv and envp in one block of native memory: the pointers of both, then the strings.</summary>
    private readonly unsafe ref struct StringBlock : IDisposable
    {
        private readonly byte* _block;

        public StringBlock(List<string> arguments, IReadOnlyDictionary<string, string> environment)
        {
            int pointers = arguments.Count + environment.Count + 2;
            int size = pointers * sizeof(byte*);
            foreach (string argument in arguments)
            {
                size += Encoding.UTF8.GetByteCount(argument) + 1;
            }

            foreach ((string name, string value) in environment)
            {
                size += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 2;
            }

            // Holds: every string is written below within the size just counted, and pointers stay within their count.
            _block = (byte*)NativeMemory.Alloc((nuint)size);
            Arguments = (byte**)_block;
            Environment = Arguments + arguments.Count + 1;
            Span<byte> rest = new(_block + (pointers * sizeof(byte*)), size - (pointers * sizeof(byte*)));
            try
            {
                for (int i = 0; i < arguments.Count; i++)
                {
                    Arguments[i] = Next(rest);
                    rest = rest[Put(rest, arguments[i], "argument")..];
                    rest = Terminate(rest);
                }

                Arguments[arguments.Count] = null;
                int at = 0;
                foreach ((string name, string value) in environment)
                {
                    if (name.Length == 0 || name.Contains('='))
                    {
                        throw new ArgumentException($"'{name}' is no name of a variable");
                    }

                    Environment[at++] = Next(rest);
                    rest = rest[Put(rest, name, "variable")..];
                    rest[0] = (byte)'=';
                    rest = rest[1..];
                    rest = rest[Put(rest, value, name)..];
                    rest = Terminate(rest);
                }

                Environment[at] = null;
            }
            catch (ArgumentException)
            {
                NativeMemory.Free(_block);
                throw;
            }
        }

        public byte** Arguments { get; }

        public byte** Environment { get; }

        public void Dispose() => NativeMemory.Free(_block);

        private static byte* Next(Span<byte> rest) => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(rest));

        private static Span<byte> Terminate(Span<byte> rest)
        {
            rest[0] = 0;
            return rest[1..];
        }

        private static int Put(Span<byte> rest, string text, string what)
            => text.Contains('\0') ? throw new ArgumentException($"{what} contains NUL") : Encoding.UTF8.GetBytes(text, rest);
    }

    private const int X_OK = 1;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int target);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, int mode);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_addclose(byte* actions, int fd);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int posix_spawn_file_actions_addchdir_np(byte* actions, string path);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int sigemptyset(byte* signals);
}
