using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

// An older layout kept an app's data as <store>/<id>/data, beside the package's files. It moves to the folder of its own once.
public sealed partial class PackageStore
{
    private const string OldData = "data";
    private const int PrivateMode = 0x1C0; // 0700

    /// <summary>
    /// Moves the data of an older layout to the app's data folder, where there is any. Called by <see cref="OpenForLaunch"/>; on its own it
    /// is for whoever needs the data without a launch.
    /// </summary>
    /// <exception cref="PackageException">There is data in both places: <see cref="PackageFault.Conflict"/>; nothing was moved.</exception>
    public void MoveOldData(AppId app)
    {
        using Descriptor? store = _user.TryOpen();
        if (store is not null && Linux.Folders.TryStat(store, app.Value) is { Type: FileType.Directory })
        {
            MoveOldData(app, store);
        }
    }

    private void MoveOldData(AppId app, Descriptor store)
    {
        using Descriptor folder = Linux.Folders.Open(store, app.Value);
        if (Linux.Folders.TryStat(folder, OldData) is not { Type: FileType.Directory } || IsPackageContent(folder))
        {
            return;
        }

        string from = Path.Combine(_user.Path, app.Value, OldData);
        Files.MakePrivateFolder(_options.AppData);
        using Descriptor target = Files.Open(_options.AppData, OpenFlags.ReadOnly | OpenFlags.Directory);
        RemoveEmpty(target, app.Value);
        try
        {
            if (!Linux.Folders.TryRename(folder, OldData, target, app.Value))
            {
                throw new PackageException(PackageFault.Conflict,
                    $"data of {app} lies in two places, {from} and {Path.Combine(_options.AppData, app.Value)}: move one of them away, then launch it again");
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // Another launch of the app moved it meanwhile.
            return;
        }
        catch (LinuxException e) when (e.Errno == Errno.EXDEV)
        {
            throw new PackageException(PackageFault.Conflict, $"data of {app} in {from} is on another file system than {_options.AppData}: move it there as {app}", e);
        }

        using (Descriptor moved = Linux.Folders.Open(target, app.Value))
        {
            Files.SetMode(moved, PrivateMode);
        }

        Files.Sync(target);
        Files.Sync(folder);
    }

    // A data folder made ahead of the first launch and still empty is no data.
    private static void RemoveEmpty(Descriptor folder, string name)
    {
        try
        {
            Files.Unlink(folder, name, isFolder: true);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOTEMPTY or Errno.EEXIST or Errno.ENOTDIR)
        {
        }
    }

    /// <summary>True where the signature only holds with the folder in it: then it came with the package.</summary>
    private bool IsPackageContent(Descriptor folder)
    {
        try
        {
            PackageTree whole = PackageTree.Read(folder);
            return _keys.Current().Verify(whole.Digest, CheckedPackage.ReadSignature(folder, whole, "the package")) is not null;
        }
        catch (PackageException)
        {
            // What an app wrote need not follow the rules for packages.
            return false;
        }
    }
}
