using Weft.Appd.Apps;
using Weft.Core.Apps;
using Weft.Core.Store;

namespace Weft.Appd.Sessions;

/// <summary>Packages from the catalogue, held for one launch.</summary>
internal sealed class InstalledPackages(Catalogue catalogue) : IPackages
{
    public RunnablePackage Open(AppId app)
    {
        PackageLease lease = catalogue.OpenForLaunch(app);
        bool opened = false;
        try
        {
            var package = new RunnablePackage
            {
                Manifest = lease.Package.Manifest,
                Development = lease.Package.Source == PackageSource.Development,
                ModulePath = lease.Package.ModulePath,
                ModuleSha256 = lease.Package.ModuleSha256,
                Module = lease.OpenModule(),
                Lease = lease,
            };
            opened = true;
            return package;
        }
        finally
        {
            if (!opened)
            {
                lease.Dispose();
            }
        }
    }
}
