using Weft.Appd.Processes;
using Weft.Core.Apps;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Appd.Sessions;

/// <summary>What a session's capabilities open: folders of the machine, and the list of grants that people see.</summary>
internal sealed class GuestFolders(WeftPaths paths, SessionUser user)
{
    /// <summary>The folders for the capabilities; an app's own data folder is made (0700, the session user's) where it is missing.</summary>
    /// <exception cref="ControlException">409: a folder that must be there is not.</exception>
    /// <exception cref="IOException">The data folder cannot be made.</exception>
    public OpenedFolders Open(Manifest manifest)
    {
        var preopens = new List<Preopen>(2);
        var grants = new List<Grant>();
        foreach (Capability capability in manifest.Capabilities)
        {
            Preopen? folder = capability.Kind switch
            {
                CapabilityKind.AppData => new Preopen(paths.AppData(manifest.Id), "/data", capability.Access!.Value),
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

        int data = preopens.FindIndex(one => one.Guest == "/data");
        if (data >= 0)
        {
            preopens[data] = preopens[data] with { Opened = DataFolder(preopens[data].Host) };
        }

        return new OpenedFolders(preopens, grants);
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

    private const int PrivateMode = 0x1C0; // 0700

    private static string ModeOf(FolderAccess access) => access == FolderAccess.ReadWrite ? "rw" : "ro";

    private static GrantKind KindOf(CapabilityKind kind) => kind switch
    {
        CapabilityKind.AppData or CapabilityKind.XdgDocuments or CapabilityKind.PortalFiles => GrantKind.Fs,
        CapabilityKind.NetFetch or CapabilityKind.NetFetchLocal => GrantKind.Net,
        _ => GrantKind.Sys,
    };

    /// <summary>Handed over open: the folders above it are not for the session user to walk through.</summary>
    private Descriptor DataFolder(string path)
    {
        if (user.Account is null && !user.IsRoot)
        {
            Files.MakePrivateFolder(path);
            return Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        }

        string above = Path.GetDirectoryName(path)!;
        Files.MakePrivateFolder(above);
        using Descriptor parent = Files.Open(above, OpenFlags.ReadOnly | OpenFlags.Directory);
        Descriptor folder = Linux.Folders.OpenOrMake(parent, Path.GetFileName(path), PrivateMode);
        try
        {
            // Another user's before, or just made.
            Linux.Folders.GiveTree(folder, user.Account?.Uid ?? 0, user.Account?.Groups[0] ?? 0);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private string Documents(AppId app)
    {
        // By its path, which the runtime opens with the rights of its user.
        string folder = user.Account is { } account ? WeftPaths.DocumentsFolderOf(account.Home) : paths.DocumentsFolder;
        return Directory.Exists(folder)
            ? folder
            : throw new ControlException(ControlCode.Conflict, $"launch {app}: it may use the documents folder, and {folder} does not exist; make it, or name another with xdg-user-dirs-update");
    }
}

/// <summary>What the capabilities of one session open. The folders are open until this is disposed.</summary>
internal sealed record OpenedFolders(IReadOnlyList<Preopen> Preopens, IReadOnlyList<Grant> Grants) : IDisposable
{
    public void Dispose()
    {
        foreach (Preopen preopen in Preopens)
        {
            preopen.Opened?.Dispose();
        }
    }
}
