using Weft.Core.Folders;
using Weft.Linux;

namespace Weft.Appd.State;

/// <summary>
/// The daemon's exclusive hold on its state root and its runtime folder, for its whole life (docs: "Root lock"). The locks
/// are OFD locks: the kernel frees them when the process is gone, whatever the files say.
/// </summary>
internal sealed class RootLock : IDisposable
{
    private const int WorldMayWrite = 0x2;
    private const int Sticky = 0x200;

    private readonly Descriptor _state;
    private readonly Descriptor _runtime;

    private RootLock(Descriptor state, Descriptor runtime)
    {
        _state = state;
        _runtime = runtime;
    }

    /// <summary>Takes both locks or neither. Where another daemon holds one, nothing has been written or made.</summary>
    /// <exception cref="StartRefusedException">75: held by another daemon; 78: a folder that others could have prepared.</exception>
    public static RootLock Acquire(WeftPaths paths, LockHolder self)
    {
        string stateRoot = paths.StateRoot;
        string runtimeFolder = paths.RuntimeFolder;
        string statePath = paths.StateLock;
        string runtimePath = paths.RuntimeLock;
        Descriptor? state = null;
        Descriptor? runtime = null;
        try
        {
            // First what is there already, so that a second daemon is turned away before it makes anything.
            RequireSafe(stateRoot);
            RequireSafe(runtimeFolder);
            state = TryTake(statePath, create: false);
            runtime = TryTake(runtimePath, create: false);
            MakeFolder(stateRoot);
            MakeFolder(runtimeFolder);
            state ??= TryTake(statePath, create: true);
            runtime ??= TryTake(runtimePath, create: true);
            byte[] line = self.ToLine();
            Name(state!, line);
            Name(runtime!, line);
            var held = new RootLock(state!, runtime!);
            (state, runtime) = (null, null);
            return held;
        }
        finally
        {
            state?.Dispose();
            runtime?.Dispose();
        }
    }

    public void Dispose()
    {
        _runtime.Dispose();
        _state.Dispose();
    }

    private static Descriptor? TryTake(string path, bool create)
    {
        if (!create && Files.TryStat(path, followLink: false) is null)
        {
            return null;
        }

        OpenFlags flags = OpenFlags.ReadWrite | OpenFlags.NoFollow | OpenFlags.NonBlocking | (create ? OpenFlags.Create : 0);
        Descriptor file = Files.Open(path, flags);
        try
        {
            if (!Files.TryLockExclusive(file))
            {
                LockHolder? holder = LockHolder.Parse(Files.ReadAll(file, LockHolder.MaxBytes));
                throw new StartRefusedException(
                    StartRefusedException.Locked,
                    $"lock {path}: another weft-appd holds it ({holder?.ToString() ?? "it has not written its name yet"}); stop that one, or give this one roots of its own (WEFT_STATE_DIR, WEFT_RUNTIME_DIR)");
            }

            // Somebody may have put another file in its place while we opened: that lock would keep nobody out.
            FileFacts held = Files.Stat(file);
            FileFacts? named = Files.TryStat(path, followLink: false);
            if (held.Type != FileType.Regular || named is null || named.Inode != held.Inode || named.Device != held.Device)
            {
                throw new StartRefusedException(StartRefusedException.Misconfigured, $"lock {path}: the file was replaced meanwhile, or is no regular file; look who does that, then remove it");
            }

            Descriptor taken = file;
            file = null!;
            return taken;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static void Name(Descriptor file, byte[] line)
    {
        Files.WriteAt(file, line, 0);
        Files.SetSize(file, line.Length);
    }

    private static void MakeFolder(string path)
    {
        try
        {
            Files.MakePrivateFolder(path);
        }
        catch (LinuxException e)
        {
            throw new StartRefusedException(StartRefusedException.Misconfigured, $"{e.Message}; weft-appd keeps its state only where nobody else can write");
        }
    }

    /// <summary>Refuses a folder, or one with a parent, in which another user could put or swap files. Changes nothing.</summary>
    private static void RequireSafe(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        FileFacts? facts = Files.TryStat(full, followLink: false);
        if (facts is not null)
        {
            string? problem = facts switch
            {
                { Type: FileType.Link } => "it is a symbolic link",
                { Type: not FileType.Directory } => "it is no folder",
                _ when facts.Uid != Identity.EffectiveUser => $"it belongs to uid {facts.Uid}",
                _ when (facts.Mode & WorldMayWrite) != 0 => $"everybody may write there (mode {Convert.ToString(facts.Mode, 8)})",
                _ => null,
            };
            if (problem is not null)
            {
                throw Unsafe(full, full, problem);
            }
        }

        for (string? parent = Path.GetDirectoryName(full); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            // Links among the parents are the machine's own affair as long as nobody else can change them.
            if (Files.TryStat(parent) is not { } above)
            {
                continue;
            }

            if (above.Uid != 0 && above.Uid != Identity.EffectiveUser)
            {
                throw Unsafe(full, parent, $"it belongs to uid {above.Uid}");
            }

            if ((above.Mode & WorldMayWrite) != 0 && (above.Mode & Sticky) == 0)
            {
                throw Unsafe(full, parent, $"everybody may write there (mode {Convert.ToString(above.Mode, 8)})");
            }
        }
    }

    private static StartRefusedException Unsafe(string folder, string place, string problem) =>
        new(StartRefusedException.Misconfigured, $"use {folder}: {(place == folder ? "" : place + ": ")}{problem}, so others could prepare or change weft-appd's files; make it a folder of this user with mode 700, or name another (WEFT_STATE_DIR, WEFT_RUNTIME_DIR)");
}
