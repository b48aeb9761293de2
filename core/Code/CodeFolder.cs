using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Weft.Core.Store;
using Weft.Linux;

namespace Weft.Core.Code;

/// <summary>
/// Compiled code on disk: <c>NAME.cwasm</c> (0444) and <c>NAME.mac</c> beside it, in a folder of mode 0700. Code counts only with the
/// right HMAC, so it does not matter what a crash, a full disk or another program leaves there.
/// </summary>
internal sealed class CodeFolder(string path, byte[] key)
{
    private const string CodeSuffix = ".cwasm";
    private const string MacSuffix = ".mac";
    private const int ReadOnlyMode = 0x124; // 0444
    private const int PrivateMode = 0x180;  // 0600
    private const int BufferLength = 256 * 1024;
    private const long LeftOver = 3_600_000_000_000; // an hour in nanoseconds: no compiler works that long

    private readonly Lock _gate = new();
    private readonly Dictionary<string, FileFacts> _checked = new(StringComparer.Ordinal); // guarded by _gate

    public string Path => path;

    /// <summary>The entry's code, open for reading; null where there is none that counts. The HMAC is computed once per file and life of this object.</summary>
    public Descriptor? TryOpen(CodeEntry entry)
    {
        Descriptor file;
        try
        {
            file = Files.Open(entry.CodePath, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ELOOP or Errno.ENXIO or Errno.EACCES)
        {
            return null;
        }

        bool good = false;
        try
        {
            FileFacts facts = Files.Stat(file);
            good = IsChecked(entry.Name, facts);
            if (!good && facts.Type == FileType.Regular && Matches(entry, file))
            {
                good = true;
                lock (_gate)
                {
                    _checked[entry.Name] = facts;
                }
            }

            return good ? file : null;
        }
        finally
        {
            if (!good)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Copies what a compiler wrote into a file that it cannot write to, and makes that the entry.</summary>
    public void Keep(CodeEntry entry, Descriptor compiled)
    {
        string code = Temporary();
        string mac = Temporary();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            using Descriptor file = Files.Open(code, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, ReadOnlyMode);
            Files.SetMode(file, ReadOnlyMode);
            using IncrementalHash hash = Begin(entry);
            long offset = 0;
            int count;
            while ((count = Files.ReadAt(compiled, buffer, offset)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, count));
                Files.WriteAt(file, buffer.AsSpan(0, count), offset);
                offset += count;
            }

            using (Descriptor beside = Files.Open(mac, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, PrivateMode))
            {
                Files.WriteAt(beside, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())), 0);
            }

            // Nothing is flushed: after a power cut the HMAC tells whether both arrived.
            Files.Rename(mac, entry.MacPath);
            Files.Rename(code, entry.CodePath);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            Files.Unlink(mac);
            Files.Unlink(code);
        }
    }

    /// <summary>A new file without a name, for a compiler to write to.</summary>
    public Descriptor MakeOutput()
    {
        Files.MakePrivateFolder(path);
        string name = Temporary();
        Descriptor file = Files.Open(name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, PrivateMode);
        Files.Unlink(name);
        return file;
    }

    /// <summary>Removes the entries written longest ago until the rest is within <paramref name="limit"/> bytes, and what crashes left; never <paramref name="kept"/>.</summary>
    public void Trim(long limit, CodeEntry kept)
    {
        List<(string Name, FileFacts Facts)> files = [];
        using Descriptor folder = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        long newest = Linux.Folders.TryStat(folder, kept.Name + CodeSuffix)?.WriteTime ?? 0;
        foreach (string name in Linux.Folders.List(folder))
        {
            if (name.StartsWith('.') && Linux.Folders.TryStat(folder, name) is { } left && left.WriteTime < newest - LeftOver)
            {
                Files.Unlink(folder, name);
                continue;
            }

            if (Linux.Folders.TryStat(folder, name) is { Type: FileType.Regular } facts && name.EndsWith(CodeSuffix, StringComparison.Ordinal) && name != kept.Name + CodeSuffix)
            {
                files.Add((name, facts));
            }
        }

        long total = files.Sum(static f => f.Facts.Size);
        foreach ((string name, FileFacts facts) in files.OrderBy(static f => f.Facts.WriteTime))
        {
            if (total <= limit)
            {
                return;
            }

            total -= facts.Size;
            Files.Unlink(folder, name);
            Files.Unlink(folder, name[..^CodeSuffix.Length] + MacSuffix);
        }
    }

    /// <summary>Where an entry's files are.</summary>
    public CodeEntry Entry(ReadOnlyMemory<byte> module, EngineFacts engine)
    {
        string bound = $"weft-code-1\n{Convert.ToHexStringLower(module.Span)}\n{engine.Sha256}\n{engine.Settings.Length} {engine.Settings}\n";
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bound)));
        string stem = System.IO.Path.Combine(path, name);
        return new CodeEntry(name, stem + CodeSuffix, stem + MacSuffix, bound);
    }

    private bool IsChecked(string name, FileFacts facts)
    {
        lock (_gate)
        {
            return _checked.TryGetValue(name, out FileFacts? known) && facts.IsSame(known);
        }
    }

    private bool Matches(CodeEntry entry, Descriptor file)
    {
        byte[] expected;
        try
        {
            if (!Trust.HexText.TryRead(Files.ReadAll(entry.MacPath, Trust.HexText.LongestFile), SHA256.HashSizeInBytes, out expected))
            {
                return false;
            }
        }
        catch (LinuxException)
        {
            // No HMAC, or one that cannot be read: then the code does not count, and it is compiled again.
            return false;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        using IncrementalHash hash = Begin(entry);
        long offset = 0;
        int count;
        while ((count = Files.ReadAt(file, buffer, offset)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, count));
            offset += count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), expected);
    }

    private IncrementalHash Begin(CodeEntry entry)
    {
        IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes(entry.Bound));
        return hash;
    }

    private string Temporary() => System.IO.Path.Combine(path, $".{RandomNumberGenerator.GetHexString(16, lowercase: true)}.tmp");
}

/// <summary>One module compiled for one engine. <paramref name="Bound"/> is what its HMAC binds the code to.</summary>
internal sealed record CodeEntry(string Name, string CodePath, string MacPath, string Bound);
