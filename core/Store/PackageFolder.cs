using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>What a check of a package's folder found, for its author.</summary>
/// <param name="Manifest">Null where the manifest has an error.</param>
/// <param name="Findings">What is said about the manifest, with its lines, then about the files (line 0).</param>
/// <param name="Digest">Null where the folder cannot be a package at all.</param>
/// <param name="Signature">Null where it is not signed.</param>
public sealed record PackageReport(Manifest? Manifest, IReadOnlyList<Finding> Findings, ContentDigest? Digest, PackageSignature? Signature)
{
    public bool IsGood => Manifest is not null && Digest is not null && !Findings.Any(static f => f.Severity == Severity.Error);
}

/// <summary>A package's folder in its author's hands: check it to the end, sign it, verify it.</summary>
public static class PackageFolder
{
    private const int PublicMode = 0x1A4; // 0644

    /// <summary>Reads everything and reports every mistake.</summary>
    /// <exception cref="PackageException">There is no such folder.</exception>
    public static PackageReport Check(string folder)
    {
        using Descriptor root = Open(folder);
        List<Finding> findings = [];
        PackageTree tree;
        try
        {
            tree = PackageTree.Read(root);
        }
        catch (PackageException e)
        {
            findings.Add(new Finding(0, 0, Severity.Error, e.Message));
            return new PackageReport(null, findings, null, null);
        }

        Manifest? manifest = null;
        if (tree.Find(Manifest.FileName) is { } file)
        {
            if (file.Facts.Size > Manifest.MaximumBytes)
            {
                findings.Add(new Finding(0, 0, Severity.Error, $"{Manifest.FileName} has more than {Manifest.MaximumBytes} bytes"));
            }
            else
            {
                ManifestReport report = Manifest.Check(CheckedPackage.ReadFile(root, tree, Manifest.FileName, Manifest.MaximumBytes));
                manifest = report.Manifest;
                findings.AddRange(report.Findings);
            }
        }
        else
        {
            findings.Add(new Finding(0, 0, Severity.Error, $"there is no {Manifest.FileName}: `weft pack new` makes a package to begin with"));
        }

        if (manifest is not null)
        {
            findings.AddRange(CheckedPackage.MissingFiles(root, tree, manifest).Select(static p => new Finding(0, 0, Severity.Error, p)));
        }

        PackageSignature? signature = null;
        try
        {
            signature = CheckedPackage.ReadSignature(root, tree, folder);
        }
        catch (PackageException e)
        {
            findings.Add(new Finding(0, 0, Severity.Error, e.Message));
        }

        return new PackageReport(manifest, findings, tree.Digest, signature);
    }

    /// <summary>Signs what the folder holds now; an earlier signature is replaced. Returns the digest that was signed.</summary>
    /// <exception cref="PackageException">It is no good package: nobody should sign it.</exception>
    public static ContentDigest Sign(string folder, SigningKey key)
    {
        using Descriptor root = Open(folder);

        // An old or broken signature is no reason against a new one.
        CheckedPackage package = CheckedPackage.Read(root, folder, null, PackageSignature.FileName);
        Files.WriteAtomically(Path.Combine(folder, PackageSignature.FileName), key.Sign(package.Digest).ToFile(), PublicMode);
        return package.Digest;
    }

    /// <summary>Checks that <paramref name="key"/> signed exactly what the folder holds. Returns the digest.</summary>
    /// <exception cref="PackageException">It did not; the message says whether there is a signature at all.</exception>
    public static ContentDigest Verify(string folder, PublisherKey key)
    {
        using Descriptor root = Open(folder);
        CheckedPackage package = CheckedPackage.Read(root, folder, null);
        return package.Signature is null ? throw new PackageException(PackageFault.Untrusted, $"{folder} is not signed: `weft pack sign` does that")
            : key.Verifies(package.Digest, package.Signature) ? package.Digest
            : throw new PackageException(PackageFault.Untrusted, $"the signature of {folder} is not by the key {key.Hex}, or its files were changed after signing");
    }

    private static Descriptor Open(string folder)
    {
        try
        {
            return Files.Open(folder, OpenFlags.ReadOnly | OpenFlags.Directory);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new PackageException(PackageFault.NotFound, $"there is no package folder {folder}", e);
        }
    }
}
