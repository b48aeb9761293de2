using Weft.Core.Apps;
using Weft.Core.Trust;

namespace Weft.Core.Store;

/// <summary>Whether a package may take its id, and who says so.</summary>
internal sealed record TrustVerdict
{
    /// <summary>Whose signature is right; null where none is.</summary>
    public PublisherKey? Publisher { get; private init; }

    /// <summary>A trusted key made that signature.</summary>
    public bool Trusted { get; private init; }

    /// <summary>Why it may not be installed or launched; null where it may.</summary>
    public PackageException? Refusal { get; private init; }

    /// <param name="package">What was read.</param>
    /// <param name="development">Installed with <c>--dev</c>: nobody needs to vouch for it.</param>
    /// <param name="keys">The trusted keys as they are now.</param>
    /// <param name="owners">Whose the id is.</param>
    /// <param name="folders">Where keys are looked for, for the message.</param>
    public static TrustVerdict Judge(CheckedPackage package, bool development, TrustedKeys keys, Owners owners, TrustedKeyFolders folders)
    {
        AppId id = package.Manifest.Id;
        PublisherKey? publisher = keys.Verify(package.Digest, package.Signature);
        bool trusted = publisher is not null;
        if (owners.Of(id) is { } owner && !owner.Equals(publisher))
        {
            // A development build of the owner's own, whose key need not be trusted here.
            if (package.Signature is null || !owner.Verifies(package.Digest, package.Signature))
            {
                // Where nobody's signature is right, that is what is to be said: the owner's may just be damaged.
                PackageException refusal = trusted || development ? Foreign(id, owner, publisher, owners) : Untrusted(id, package.Signature, folders);
                return new TrustVerdict { Publisher = publisher, Refusal = refusal };
            }

            publisher = owner;
            trusted = false;
        }

        return new TrustVerdict
        {
            Publisher = publisher,
            Trusted = trusted && !development,
            Refusal = trusted || development ? null : Untrusted(id, package.Signature, folders),
        };
    }

    private static PackageException Foreign(AppId id, PublisherKey owner, PublisherKey? publisher, Owners owners)
    {
        string what = publisher is not null ? $"this package is signed by {publisher.Hex}" : "a development build does not take it over";
        return new PackageException(PackageFault.OwnedByAnother,
            $"{id} belongs to the publisher {owner.Hex}, and {what}: its data is that publisher's; to give the id away on purpose, remove {owners.PathOf(id)}");
    }

    private static PackageException Untrusted(AppId id, PackageSignature? signature, TrustedKeyFolders folders)
    {
        string places = string.Join(" or ", folders.Folders);
        return new PackageException(PackageFault.Untrusted, signature is null
            ? $"{id} is not signed: sign it with `weft pack sign`, or install it with --dev"
            : $"no trusted key signed {id} as it is here: either its files were changed after signing, or its publisher's key is missing; put that {PublisherKey.FileName} into {places}, or install with --dev");
    }
}
