using Weft.Appd.Processes;
using Weft.Core.Apps;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>What a session's capabilities open: folders of the machine, and the list of grants that people see.</summary>
internal sealed class GuestFolders(WeftPaths paths)
{
    /// <summary>The folders for the capabilities; an app's own data folder is made (0700) where it is missing.</summary>
    /// <exception cref="ControlException">409: a folder that must be there is not.</exception>
    /// <exception cref="IOException">The data folder cannot be made.</exception>
    public (List<Preopen> Preopens, List<Grant> Grants) Open(Manifest manifest)
    {
        var preopens = new List<Preopen>(2);
        var grants = new List<Grant>();
        foreach (Capability capability in manifest.Capabilities)
        {
            Preopen? folder = capability.Kind switch
            {
                CapabilityKind.AppData => new Preopen(DataFolder(manifest.Id), "/data", capability.Access!.Value),
                CapabilityKind.XdgDocuments => new Preopen(Documents(manifest.Id), "/xdg/documents", capability.Access!.Value),
                _ => null,
            };
            grants.Add(new Grant
            {
                Id = (ulong)grants.Count + 1,
                Kind = KindOf(capability.Kind),
                Name = capability.Text,
                Path = folder?.Host,
                Mode = folder is { } opened ? ModeOf(opened.Access) : null,
                Used = 0,
            });
            if (folder is { } wanted)
            {
                Add(preopens, wanted);
            }
        }

        return (preopens, grants);
    }

    /// <summary>The same folder twice is one preopen, with the wider access.</summary>
    private static void Add(List<Preopen> preopens, Preopen wanted)
    {
        int there = preopens.FindIndex(one => one.Guest == wanted.Guest);
        if (there < 0)
        {
            preopens.Add(wanted);
        }
        else if (wanted.Access == FolderAccess.ReadWrite)
        {
            preopens[there] = wanted;
        }
    }

    private static string ModeOf(FolderAccess access) => access == FolderAccess.ReadWrite ? "rw" : "ro";

    private static GrantKind KindOf(CapabilityKind kind) => kind switch
    {
        CapabilityKind.AppData or CapabilityKind.XdgDocuments or CapabilityKind.PortalFiles => GrantKind.Fs,
        CapabilityKind.NetFetch or CapabilityKind.NetFetchLocal => GrantKind.Net,
        _ => GrantKind.Sys,
    };

    private string DataFolder(AppId app)
    {
        string folder = paths.AppData(app);
        Files.MakePrivateFolder(folder);
        return folder;
    }

    private string Documents(AppId app)
    {
        string folder = paths.DocumentsFolder;
        return Directory.Exists(folder)
            ? folder
            : throw new ControlException(ControlCode.Conflict, $"launch {app}: it may use the documents folder, and {folder} does not exist; make it, or name another with xdg-user-dirs-update");
    }
}
