using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// The packages of this machine and user: the system's store, which is only read, and the user's. Cut off at any point (kill, power), a
/// store has either the old or the new revision of an app, whole. Thread-safe; several processes may use one store.
/// docs/packages.md has the layout and what is checked when.
/// </summary>
public sealed partial class PackageStore : IDisposable
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    private readonly PackageStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly StoreFolder? _system;
    private readonly StoreFolder _user;
    private readonly TrustedKeyFolders _keys;
    private readonly VerifiedPackages _verified;
    private readonly SemaphoreSlim _changes = new(1, 1);

    public PackageStore(PackageStoreOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _system = options.SystemStore is { } path ? new StoreFolder(path, isSystem: true) : null;
        _user = new StoreFolder(options.UserStore, isSystem: false);
        _keys = new TrustedKeyFolders(options.TrustedKeyFolders);
        _verified = new VerifiedPackages(time);
        Owners = new Owners(options.StateRoot, time);
        Approvals = new Approvals(options.StateRoot, time);
    }

    public Owners Owners { get; }

    public Approvals Approvals { get; }

    /// <summary>The trusted keys as they are now, with what is wrong about their files.</summary>
    public TrustedKeys TrustedKeys => _keys.Current();

    /// <summary>Whoever disposes it waits for its calls first. Leases outlive it.</summary>
    public void Dispose() => _changes.Dispose();

    /// <summary>Takes the right to change the user's store, which is made where it is missing.</summary>
    /// <exception cref="PackageException">Another process has it for longer than the patience: <see cref="PackageFault.Busy"/>.</exception>
    private async Task<Change> BeginAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        Descriptor? store = null;
        Descriptor? held = null;
        try
        {
            MakeStore();
            store = _user.TryOpen() ?? throw new PackageException(PackageFault.System, $"{_user.Path} went away: try again");
            held = Files.OpenAt(store, StoreFolder.LockFile, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow);
            long begun = _time.GetTimestamp();
            while (!Files.TryLockExclusive(held))
            {
                if (_time.GetElapsedTime(begun) >= _options.LockPatience)
                {
                    throw new PackageException(PackageFault.Busy, $"another process is changing {_user.Path}: try again when it is done");
                }

                await Task.Delay(LockPoll, _time, cancellationToken);
            }

            StagingFolder.Sweep(store);
            return new Change(this, store, held);
        }
        catch
        {
            held?.Dispose();
            store?.Dispose();
            _changes.Release();
            throw;
        }
    }

    private void MakeStore()
    {
        const int OthersMayWrite = 0x12; // 0022
        if (Files.TryStat(_user.Path) is not { } facts)
        {
            Files.MakePrivateFolder(_user.Path);
        }
        else if (facts.Type != FileType.Directory || (facts.Mode & OthersMayWrite) != 0)
        {
            throw new PackageException(PackageFault.Conflict, facts.Type == FileType.Directory
                ? $"others may write to the store {_user.Path} (mode {Convert.ToString(facts.Mode, 8)}): chmod go-w it after looking at its content"
                : $"the store {_user.Path} is {PackageTree.Kind(facts.Type)}: move it away");
        }
    }

    /// <summary>The right to change the user's store, until it is disposed.</summary>
    private sealed class Change(PackageStore owner, Descriptor store, Descriptor held) : IDisposable
    {
        public Descriptor Store => store;

        public void Dispose()
        {
            // Not by closing alone: a child that is just being spawned has a copy of the descriptor until its execve.
            Files.Unlock(held);
            held.Dispose();
            store.Dispose();
            owner._changes.Release();
        }
    }
}
