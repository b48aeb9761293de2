using System.Globalization;
using System.Text;
using Weft.Core.Apps;
using Weft.Core.Trust;
using Weft.Linux;

namespace Weft.Core.Store;

/// <summary>A package that was read to its end and found well formed. Whether anybody vouches for it is <see cref="TrustVerdict"/>'s.</summary>
internal sealed record CheckedPackage(PackageTree Tree, Manifest Manifest, PackageSignature? Signature)
{
    private const long SmallestModule = 8;

    public ContentDigest Digest => Tree.Digest;

    /// <summary>Reads the package whose root folder is open.</summary>
    /// <param name="root">The folder with <c>wapp.toml</c> in it.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="machine">What limits may be asked for; null where that is not checked.</param>
    /// <param name="leaveOut">A name at the root that does not count, or null.</param>
    /// <exception cref="PackageException">It is no package; the message holds every mistake of its manifest.</exception>
    public static CheckedPackage Read(Descriptor root, string name, MachineLimits? machine, string? leaveOut = null)
    {
        PackageTree tree = PackageTree.Read(root, leaveOut);
        if (tree.Find(Manifest.FileName) is null)
        {
            throw new PackageException(PackageFault.Invalid, $"{name} is no package: it has no {Manifest.FileName} at its root");
        }

        ManifestReport report = Manifest.Check(ReadFile(root, tree, Manifest.FileName, Manifest.MaximumBytes), machine);
        if (report.Manifest is not { } manifest)
        {
            throw new PackageException(PackageFault.Invalid, Describe(name, report.Findings));
        }

        List<string> problems = MissingFiles(root, tree, manifest);
        if (problems.Count > 0)
        {
            throw new PackageException(PackageFault.Invalid, $"{name}: {string.Join("; ", problems)}");
        }

        return new CheckedPackage(tree, manifest, ReadSignature(root, tree, name));
    }

    /// <summary>What the manifest names and the package lacks.</summary>
    public static List<string> MissingFiles(Descriptor root, PackageTree tree, Manifest manifest)
    {
        List<string> problems = [];
        if (tree.Find(manifest.Module) is not { } module)
        {
            problems.Add($"the module '{manifest.Module}' is missing: build it, or name another in [runtime]");
        }
        else if (module.Facts.Size < SmallestModule || !ReadHead(root, manifest.Module).AsSpan().SequenceEqual("\0asm"u8))
        {
            problems.Add($"'{manifest.Module}' is no WebAssembly: it does not begin with \\0asm");
        }

        if (manifest.UiEntry is { } entry && tree.Find(entry) is null)
        {
            problems.Add($"the page '{entry}' is missing: add it, or leave [ui] out");
        }

        if (manifest.Icon is { } icon && tree.Find(icon) is null)
        {
            problems.Add($"the icon '{icon}' is missing: add it, or leave icon out");
        }

        return problems;
    }

    /// <summary>The content of one file, from the folder that was checked.</summary>
    public static byte[] ReadFile(Descriptor root, PackageTree tree, string path, int limit)
    {
        if (tree.Find(path) is { } file && file.Facts.Size > limit)
        {
            throw new PackageException(PackageFault.TooLarge, string.Create(CultureInfo.InvariantCulture, $"{path} has {file.Facts.Size} bytes, at most {limit} are read"));
        }

        using Descriptor opened = Files.OpenBeneath(root, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        return Files.ReadAll(opened, limit);
    }

    /// <summary>Null where there is none. One that is no signature at all is its author's mistake.</summary>
    public static PackageSignature? ReadSignature(Descriptor root, PackageTree tree, string name)
    {
        if (tree.Find(PackageSignature.FileName) is not { } file)
        {
            return null;
        }

        return file.Facts.Size <= HexText.LongestFile
            && PackageSignature.TryParse(ReadFile(root, tree, PackageSignature.FileName, HexText.LongestFile), out PackageSignature? signature)
            ? signature
            : throw new PackageException(PackageFault.Invalid, $"{name}: {PackageSignature.FileName} is no signature (128 hex digits): sign the package again");
    }

    private static byte[] ReadHead(Descriptor root, string path)
    {
        using Descriptor file = Files.OpenBeneath(root, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        byte[] head = new byte[4];
        return head[..Files.ReadAt(file, head, 0)];
    }

    private static string Describe(string name, IReadOnlyList<Finding> findings)
    {
        StringBuilder text = new($"{name}: {Manifest.FileName} is not right");
        foreach (Finding finding in findings)
        {
            if (finding.Severity == Severity.Error)
            {
                text.Append("\n  ").Append(finding);
            }
        }

        return text.ToString();
    }
}
