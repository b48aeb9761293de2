using System.Buffers;
using Weft.Core.Apps;
using Weft.Core.Store;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Archives;

/// <summary>One archive on its way into a folder. Every name is checked before anything of it is made.</summary>
/// <param name="tar">The archive.</param>
/// <param name="folder">Where it goes; null only checks it.</param>
/// <param name="limits">How much it may hold.</param>
internal sealed class Unpacking(TarReader tar, Descriptor? folder, PackageLimits limits)
{
    private const int BufferLength = 128 * 1024;

    // True: a folder. One that is only implied by a file in it may still be named by an entry of its own, once.
    private readonly Dictionary<string, bool> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly PackageLimits.Counter _counter = new(limits);
    private AppId? _root;

    public AppId Run(CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            while (tar.Next() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                string path = BelowRoot(entry);
                if (!_named.Add(path))
                {
                    throw Refused($"'{Printable.Quote(entry.Path)}' is in it twice");
                }

                if (path.Length == 0)
                {
                    continue;
                }

                _counter.Entry(entry.Path);
                _counter.Bytes(entry.Size, entry.Path);
                if (entry.IsFolder)
                {
                    MakeFolder(path, entry.Path);
                }
                else
                {
                    MakeFile(path, entry, buffer, cancellationToken);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return _root ?? throw Refused("it is empty");
    }

    /// <summary>The path without the root folder, which is the same for all and an app id; empty for the root itself.</summary>
    private string BelowRoot(TarEntry entry)
    {
        int slash = entry.Path.IndexOf('/');
        string root = slash < 0 ? entry.Path : entry.Path[..slash];
        if (!AppId.TryParse(root, out AppId app))
        {
            throw Refused($"'{Printable.Quote(entry.Path)}' lies in no folder named by an app id");
        }

        if (_root is { } known && known != app)
        {
            throw Refused($"it has two root folders, {known} and {app}");
        }

        if (slash < 0 && !entry.IsFolder)
        {
            throw Refused($"its root {app} is no folder");
        }

        _root = app;
        return slash < 0 ? "" : entry.Path[(slash + 1)..];
    }

    private void MakeFolder(string path, string shown)
    {
        MakeParents(path, shown);
        if (_names.TryGetValue(path, out bool isFolder))
        {
            if (!isFolder)
            {
                throw Refused($"'{Printable.Quote(shown)}' is in it as a file and as a folder");
            }

            return;
        }

        _names[path] = true;
        if (folder is not null)
        {
            StagingFolder.MakeFolder(folder, path);
        }
    }

    private void MakeFile(string path, TarEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        MakeParents(path, entry.Path);
        if (!_names.TryAdd(path, false))
        {
            throw Refused($"'{Printable.Quote(entry.Path)}' is in it as a file and as a folder");
        }

        if (folder is null)
        {
            // The reader passes over what is not read.
            return;
        }

        using Descriptor file = StagingFolder.MakeFile(folder, path);
        long offset = 0;
        int count;
        while ((count = tar.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Files.WriteAt(file, buffer.AsSpan(0, count), offset);
            offset += count;
        }
    }

    // Folders without an entry of their own count too: a path of 32 folders must not be cheaper than 32 entries.
    private void MakeParents(string path, string shown)
    {
        for (int slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            string parent = path[..slash];
            if (!_names.TryGetValue(parent, out bool isFolder))
            {
                _counter.Entry(shown);
                _names[parent] = true;
                if (folder is not null)
                {
                    StagingFolder.MakeFolder(folder, parent);
                }
            }
            else if (!isFolder)
            {
                throw Refused($"'{Printable.Quote(shown)}' lies in a file");
            }
        }
    }

    private static PackageException Refused(string why) => new(PackageFault.Invalid, $"the archive is refused: {why}");
}
