using Weft.Core.Apps;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>
/// A package that may be run, and a shared lock on its revision: as long as this is not disposed (or a duplicate of
/// <see cref="Folder"/> is open anywhere), the revision stays on disk, whatever is installed, rolled back or uninstalled meanwhile.
/// </summary>
public sealed class PackageLease : IDisposable
{
    internal PackageLease(InstalledPackage package, Descriptor folder)
    {
        Package = package;
        Folder = folder;
    }

    public InstalledPackage Package { get; }

    /// <summary>The package's root, open for reading; it carries the lock. Owned by the lease: duplicate it to keep it longer.</summary>
    public Descriptor Folder { get; }

    /// <summary>The module, read-only.</summary>
    public Descriptor OpenModule() => OpenFile(Package.Manifest.Module);

    /// <summary>A file of the package by its path, read-only; nothing outside it can be reached.</summary>
    /// <exception cref="PackageException">There is no such file: <see cref="PackageFault.NotFound"/>.</exception>
    public Descriptor OpenFile(string path)
    {
        // The kernel itself refuses what leads out; a NUL would cut the path short before it gets there.
        if (path.Length > 0 && !path.Contains('\0'))
        {
            try
            {
                Descriptor file = Files.OpenBeneath(Folder, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
                if (Files.Stat(file).Type == FileType.Regular)
                {
                    return file;
                }

                file.Dispose();
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EXDEV or Errno.ENAMETOOLONG or Errno.ENXIO)
            {
            }
        }

        throw new PackageException(PackageFault.NotFound, $"{Package.AppId} has no file '{Printable.Quote(path)}'");
    }

    /// <summary>Opens the same revision once more; the lock is held until both are disposed.</summary>
    public PackageLease Duplicate() => new(Package, Folder.Duplicate());

    public void Dispose() => Folder.Dispose();
}
